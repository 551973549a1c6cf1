'use strict';

const report = JSON.parse(document.getElementById('data').textContent);
const charts = [];

const shown = value => value === null ? '' : Number.isInteger(value) ? String(value) : value.toFixed(2);
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const plotColour = number => colour(`--plot-${number % 6 + 1}`);

function element(tag, text, parent) {
    const made = parent.appendChild(document.createElement(tag));
    made.textContent = text;
    return made;
}

/** Of arrays of cells, the first of which are the heads. */
function table(section, rows) {
    const target = section.querySelector('table');
    rows.forEach((cells, i) => {
        const row = element('tr', '', target);
        cells.forEach(cell => element(i ? 'td' : 'th', cell, row));
    });
}

function plot(section, title, heightPx, config) {
    const figure = element('figure', '', section.querySelector('.plots'));
    if (title) {
        element('h3', title, figure);
    }
    const frame = element('div', '', figure);
    frame.className = 'canvas';
    frame.style.height = `${heightPx}px`;
    const canvas = element('canvas', '', frame);
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `${title || 'latency by percentile'}; the numbers are in the table below`);
    config.options = {...config.options, maintainAspectRatio: false, animation: false};
    charts.push(new Chart(canvas, config));
}

function drawFigure(section, title, bars) {
    const labels = bars.map(bar => bar.label);
    const runs = bars.flatMap(bar => bar.runs.map((x, i) => ({x, y: bar.label, run: i + 1})));
    const alone = bars.length === 1;
    plot(section, alone ? bars[0].name : title, 50 + 52 * bars.length, {
        data: {
            labels,
            datasets: [
                {
                    type: 'scatter',
                    data: runs,
                    backgroundColor: colour('--card'),
                    borderColor: colour('--ink'),
                    borderWidth: 1.5,
                    radius: 4,
                },
                {
                    type: 'bar',
                    indexAxis: 'y',
                    data: bars.map(bar => bar.median),
                    backgroundColor: bars.map((bar, i) => plotColour(i)),
                    maxBarThickness: 22,
                },
            ],
        },
        options: {
            indexAxis: 'y',
            scales: {
                x: {
                    type: 'linear',
                    beginAtZero: true,
                    suggestedMax: runs.every(run => run.x === 0) ? 1 : undefined,
                    ticks: {maxRotation: 0, autoSkipPadding: 12},
                },
                y: {
                    type: 'category',
                    labels,
                    offset: true,
                    grid: {display: false},
                    ticks: {
                        autoSkip: false,
                        callback: i => [...alone ? [] : labels[i].split(', '), shown(bars[i].median)],
                    },
                },
            },
            plugins: {
                legend: {display: false},
                tooltip: {
                    callbacks: {
                        title: () => '',
                        label: item => item.raw.run
                            ? `run ${item.raw.run}: ${shown(item.raw.x)}`
                            : `median: ${shown(item.raw)}`,
                    },
                },
            },
        },
    });
}

/** Lines in turn through the colours; each has its label and data. */
function drawLines(section, title, lines, data, options, tooltip) {
    plot(section, title, 380, {
        type: 'line',
        data: {
            ...data,
            datasets: lines.map((line, i) => ({
                ...line,
                borderColor: plotColour(i),
                backgroundColor: plotColour(i),
                borderWidth: 2,
            })),
        },
        options: {
            ...options,
            plugins: {
                legend: {position: 'bottom', labels: {usePointStyle: true, pointStyle: 'line'}},
                tooltip: {callbacks: {...tooltip, label: item => `${item.dataset.label}: ${shown(item.parsed.y)}`}},
            },
        },
    });
}

/** 1 / (1 - p): each step of ten is one nine more. */
const rarity = percentile => 100 / (100 - percentile);
const percentileOf = rarity => `${Number((100 - 100 / rarity).toPrecision(8))} %`;

/** The library's own ticks where the scale is too short for more than two of these. */
function oneTwoFive(axis) {
    const fit = [...Array(16).keys()]
        .flatMap(i => [1, 2, 5].map(digit => ({value: Number(`${digit}e${i - 6}`)})))
        .filter(({value}) => axis.min <= value && value <= axis.max);
    return fit.length > 2 ? fit : axis.ticks;
}

function drawLatencies(section) {
    const lines = Object.entries(report.latencies).map(([label, {points}]) => ({
        label,
        data: points.map(({percentile, ms}) => ({x: rarity(percentile), y: ms})),
        pointRadius: 0,
        pointHitRadius: 6,
    }));
    const last = Math.max(2, ...lines.flatMap(line => line.data.map(point => point.x)));
    const ticks = [1, 2, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].filter(value => value <= last).map(value => ({value}));
    drawLines(section, '', lines, {}, {
        interaction: {mode: 'nearest', axis: 'x', intersect: false},
        scales: {
            x: {
                type: 'logarithmic',
                min: 1,
                max: last,
                title: {display: true, text: 'percentile'},
                afterBuildTicks: axis => { axis.ticks = ticks; },
                ticks: {callback: percentileOf, autoSkip: false},
            },
            y: {
                type: 'logarithmic',
                title: {display: true, text: 'ms'},
                afterBuildTicks: axis => { axis.ticks = oneTwoFive(axis); },
                ticks: {callback: String, autoSkip: false},
            },
        },
    }, {title: ([item]) => percentileOf(item.parsed.x)});
}

function draw() {
    charts.splice(0).forEach(chart => chart.destroy());
    document.querySelectorAll('.plots').forEach(plots => plots.replaceChildren());
    Chart.defaults.color = colour('--soft');
    Chart.defaults.borderColor = colour('--line');
    Chart.defaults.font.family = colour('--sans');
    Chart.defaults.font.size = 13;
    for (const [title, bars] of Object.entries(report.figures)) {
        drawFigure(document.getElementById('figures'), title, bars);
    }
    if (Object.keys(report.latencies).length) {
        drawLatencies(document.getElementById('latencies'));
    }
    for (const [title, lines] of Object.entries(report.series)) {
        drawLines(
            document.getElementById('series'),
            title,
            lines.map(({label, medians}) => ({label, data: medians, spanGaps: true})),
            {labels: report.places},
            {scales: {y: {beginAtZero: true}}});
    }
}

function write() {
    document.title = `${report.title} — Roomwire`;
    document.querySelector('h1').textContent = report.title;
    document.getElementById('command').textContent = report.command;
    for (const [name, value] of Object.entries(report.facts)) {
        element('dt', name, document.getElementById('facts'));
        element('dd', value, document.getElementById('facts'));
    }
    const figures = Object.values(report.figures).flat();
    const latencies = Object.entries(report.latencies);
    const series = Object.values(report.series).flat();
    const heads = latencies.length ? Object.keys(latencies[0][1].columns) : [];
    const tables = {
        figures: [['figure', 'median', 'runs'],
            ...figures.map(({name, median, runs}) => [name, shown(median), runs.map(shown).join(', ')])],
        latencies: [['in ms', ...heads],
            ...latencies.map(([name, {columns}]) => [name, ...Object.values(columns).map(shown)])],
        series: [['medians', ...report.places],
            ...series.map(({name, medians}) => [name, ...medians.map(shown)])],
    };
    for (const [id, rows] of Object.entries(tables)) {
        const section = document.getElementById(id);
        section.hidden = rows.length === 1;
        table(section, rows);
    }
}

write();
draw();
// The colours are in the canvases' pixels.
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
