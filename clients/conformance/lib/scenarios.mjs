import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../scenarios/', import.meta.url);

/** All scenarios by name, with their prologues put in. A wrong file is an error that names it. */
export function readScenarios() {
    const prologues = JSON.parse(readFileSync(new URL('prologues.json', FOLDER), 'utf8'));
    const all = new Map();
    for (const file of readdirSync(FOLDER).sort()) {
        if (!file.endsWith('.json') || file === 'prologues.json') continue;
        for (const scenario of JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))) {
            if (all.has(scenario.name)) throw new Error(`${file}: ${scenario.name} is there twice`);
            const steps = scenario.steps.flatMap((step) => (step.use ? used(prologues, step, file) : [step]));
            all.set(scenario.name, { ...scenario, group: file.replace('.json', ''), steps });
        }
    }
    return all;
}

/** `{"use": "name", "with": {"seq": 3}}` stands for the steps of that prologue, in which "{seq}" is 3. */
function used(prologues, { use, with: values = {} }, file) {
    const prologue = prologues[use];
    if (!prologue) throw new Error(`${file}: no prologue ${use}`);
    const all = { ...prologue.defaults, ...values };
    return prologue.steps.map((step) => put(step, all, `${file}: ${use}`));
}

function put(value, values, where) {
    if (typeof value === 'string' && /^\{\w+\}$/.test(value)) {
        const name = value.slice(1, -1);
        if (!(name in values)) throw new Error(`${where}: nothing for {${name}}`);
        return values[name];
    }
    if (Array.isArray(value)) return value.map((each) => put(each, values, where));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, put(each, values, where)]));
}
