import { after, test } from 'node:test';
import type { TestContext } from 'node:test';
import { Driver } from './driver.js';
import { Judge, PROGRAM } from './judge.js';

const judge = new Judge(PROGRAM);
after(() => judge.end());

const only = process.env.SCENARIO;
const scenarios = (await judge.scenarios()).filter(({ name }) => !only || name.includes(only));

// Most scenarios wait most of the time, so many can wait together.
for (const alone of [false, true]) {
    const chosen = scenarios.filter((scenario) => !scenario.alone === !alone);
    test(alone ? 'conformance, alone' : 'conformance', { concurrency: alone ? 1 : 24 }, async (t) => {
        await Promise.all(chosen.map(({ name, group }) => t.test(`${group}: ${name}`, (each) => play(name, each))));
    });
}

async function play(name: string, t: TestContext): Promise<void> {
    const driver = new Driver((event) => judge.tell(name, event));
    const { verdict, why, step, log } = await judge.play(name, name, (command) => driver.do(command));
    driver.end();
    if (verdict === 'skipped') t.skip(why);
    if (verdict === 'failed') throw new Error([why, `at ${JSON.stringify(step)}`, ...(log ?? [])].join('\n'));
}
