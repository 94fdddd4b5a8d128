// What moving costs: seeking, playing on a full stage, and what is left in memory. Times are those of the processor,
// where the browser tells them, because the machine that tests may have other things to do.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { open, playTo, status, type, untilRest } from './app.mjs';
import { closeBrowser } from './browser.mjs';

after(closeBrowser);

/** The lesson with the most frames. */
const LONGEST = 'rolling-update';
const FRAME_MS = 16;

const percentile = (numbers, share) => numbers.toSorted((a, b) => a - b)[Math.ceil(numbers.length * share) - 1];

/** Milliseconds of processor time that the page's thread spent on each piece of work while `body` ran. */
async function workDuring(page, body) {
  const devtools = await page.context().newCDPSession(page);
  const events = [];
  devtools.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  await devtools.send('Tracing.start', { categories: 'toplevel', transferMode: 'ReportEvents' });
  await body();
  const ended = new Promise(resolve => devtools.once('Tracing.tracingComplete', resolve));
  await devtools.send('Tracing.end');
  await ended;
  const main = events.find(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  return events
    .filter(({ name, tid, pid }) => name.endsWith('RunTask') && tid === main.tid && pid === main.pid)
    .map(({ tdur }) => (tdur ?? 0) / 1000);
}

/** Seeks to `count` places all over the lesson, each in a piece of work of its own, until it is drawn and laid out. */
const seek = (page, count) => page.evaluate(async count => {
  const app = document.querySelector('[data-app]');
  const scrubber = document.querySelector('#scrubber');
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  const frames = +app.dataset.frames;
  for (let i = 0, at = +app.dataset.frame; i < count; i++) {
    // A stride that has no factor in common with the length comes everywhere.
    at = (at + 61) % frames;
    await new Promise(resolve => setTimeout(resolve));
    set.call(scrubber, String(at));
    scrubber.dispatchEvent(new Event('input', { bubbles: true }));
    for (let turns = 0; app.dataset.frame !== String(at); turns++) {
      if (turns > 100) throw new Error(`frame ${at} is not shown`);
      await new Promise(resolve => setTimeout(resolve));
    }
    document.body.getBoundingClientRect();
  }
}, count);

test('seeking anywhere in the longest lesson takes less than a frame', t =>
  open(t, { lesson: LONGEST }, async page => {
    await playTo(page);
    const { frames } = await status(page);
    await seek(page, 100);
    const seeks = 600;
    const work = await workDuring(page, () => seek(page, seeks));
    // Between the seeks there is other work, all of it shorter.
    const times = work.toSorted((a, b) => b - a).slice(0, seeks);
    assert.equal(times.length, seeks);
    const [median, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
    t.diagnostic(`${frames} frames; a seek takes ${median.toFixed(1)} ms, ${p99.toFixed(1)} ms at the 99th percentile`);
    assert.ok(p99 <= FRAME_MS, `${p99} ms`);
  }));

test('memory stays what it is after a thousand seeks', t =>
  open(t, { lesson: LONGEST }, async page => {
    await playTo(page);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('HeapProfiler.enable');
    const heap = async () => {
      for (let i = 0; i < 3; i++) await devtools.send('HeapProfiler.collectGarbage');
      const { usedSize, backingStorageSize = 0 } = await devtools.send('Runtime.getHeapUsage');
      return (usedSize + backingStorageSize) / 1024;
    };
    await seek(page, 300);
    const before = await heap();
    await seek(page, 1000);
    const grown = await heap() - before;
    t.diagnostic(`${before.toFixed(0)} kB before, ${grown.toFixed(0)} kB more after a thousand seeks`);
    assert.ok(grown < 100, `${grown} kB more`);
  }));

test('playing on a stage with twelve pods never takes a frame of our own', t =>
  open(t, { lesson: 'what-blocks-scaling' }, async page => {
    await type(page, 'kubectl scale sts web --replicas=12');
    await untilRest(page);
    assert.equal(await page.locator('#stage [data-pod][data-state=Ready]').count(), 12);
    await type(page, 'kubectl delete pod web-3 web-7 web-11 --wait=false');
    const work = await workDuring(page, () => untilRest(page));
    assert.ok(work.length > 100);
    const longest = Math.max(...work);
    t.diagnostic(`${work.length} pieces of work, the longest ${longest.toFixed(1)} ms`);
    assert.ok(longest <= FRAME_MS, `${longest} ms`);
  }));
