// The picture is something to work with: faults are tools, and what goes through the network is seen.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { open, playTo, states, status, stepUntil, type } from './app.mjs';
import { accessibilityViolations, closeBrowser } from './browser.mjs';

after(closeBrowser);

const ZERO = 'demo-statefulset-0';
const caption = page => page.textContent('#caption');
const held = page => page.evaluate(() => document.querySelector('[data-tool][aria-pressed=true]')?.dataset.tool);

test('a tool is picked up and used with the pointer', t => open(t, {}, async page => {
  await playTo(page);
  await page.click('[data-tool=probe]');
  assert.equal(await held(page), 'probe');
  assert.ok(await page.textContent('#tool-hint'), 'it is said what to choose');
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.click(`.target[data-pod="${ZERO}"]`);
  assert.equal(await held(page), undefined, 'it is used once');
  assert.equal(await page.locator('.target').count(), 0);
  await stepUntil(page, '#step-forward', pods => pods[ZERO] === 'Running');
  await page.click('[data-tool=probe]');
  await page.click(`.target[data-pod="${ZERO}"]`);
  await stepUntil(page, '#step-forward', pods => pods[ZERO] === 'Ready');
}));

test('a tool is picked up and used with keys', t => open(t, { lang: 'zh' }, async page => {
  await playTo(page);
  await page.focus('#lesson');
  await page.keyboard.press('t');
  assert.equal(await held(page), 'cable');
  const focused = () => page.evaluate(() => document.activeElement.closest('[data-node]')?.dataset.node);
  assert.equal(await focused(), 'node-1', 'the focus is on the first thing that it fits');
  const { frame } = await status(page);
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(), 'node-2');
  assert.equal((await status(page)).frame, frame, 'the arrow keys lead from one to the other');
  await page.keyboard.press('Escape');
  assert.equal(await held(page), undefined);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.tool), 'cable', 'the focus is back on the tool');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await focused(), 'node-3', 'before the first is the last');
  await page.keyboard.press('Enter');
  assert.match(await caption(page), /node-3/);
}));

test('a full disk loses what is written, and a lost one everything', t => open(t, {}, async page => {
  await playTo(page);
  const write = text => type(page, `kubectl exec ${ZERO} -- sh -c 'echo ${text} > /var/data/test.txt'`);
  const read = async () => (await type(page, `kubectl exec ${ZERO} -- cat /var/data/test.txt`)).stdout.trim();
  await write('one');
  assert.equal(await read(), 'one');
  const volume = await page.evaluate(() => document.querySelector('.volume.id-0').dataset.volume);
  const use = async tool => {
    await page.click(`[data-tool=${tool}]`);
    await page.click(`.target[data-volume="${volume}"]`);
  };
  await use('fill');
  assert.equal(await page.locator(`[data-volume="${volume}"] .probe`).count(), 1, 'that it is full is seen');
  assert.equal(await read(), 'one', 'reading goes on');
  assert.match((await write('two')).stderr, /I\/O error/);
  assert.equal(await read(), '');
  const chip = '[data-property="data-is-kept"]';
  await page.waitForSelector(`${chip}[data-holds=false]`);
  await use('fill');
  await write('three');
  assert.equal(await read(), 'three');
  await use('lose');
  assert.match((await type(page, `kubectl exec ${ZERO} -- cat /var/data/test.txt`)).stderr, /No such file/);
  assert.ok(Object.values(await states(page, 'claim')).every(state => state === 'Bound'), 'the API knows nothing of it');
}));

test('answers fly to the pod that asked', t => open(t, { lesson: 'finding-peers', reducedMotion: 'no-preference' }, async page => {
  await playTo(page, 'clustered');
  await page.evaluate(() => {
    globalThis.flown = [];
    const { animate } = Element.prototype;
    Element.prototype.animate = function (...how) {
      if (this.matches('.flight')) globalThis.flown.push([this.textContent, this.dataset.to]);
      return animate.apply(this, how);
    };
  });
  await type(page, `kubectl exec ${ZERO} -- curl -s localhost:8080`);
  await page.waitForFunction(() => globalThis.flown.some(([text]) => text === 'SRV'));
  const flown = await page.evaluate(() => globalThis.flown);
  assert.ok(flown.every(([, to]) => to.includes(ZERO)), JSON.stringify(flown));
  assert.match(await page.textContent('.talks'), /SRV .*GET \/data/);
}));

test('what was answered is told without motion', t => open(t, { lesson: 'finding-peers', reducedMotion: 'reduce' }, async page => {
  await playTo(page, 'clustered');
  await type(page, `kubectl exec ${ZERO} -- curl -s localhost:8080`);
  assert.match(await page.textContent('.talks'), /SRV .*GET \/data/);
  const moving = await page.evaluate(() => document.getAnimations().filter(({ effect }) => effect.target.matches('.flight')).length);
  assert.equal(moving, 0);
}));
