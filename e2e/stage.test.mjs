// The picture: what the DNS knows, whose cable is cut, what runs twice, and that all of it has room and keeps its place.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { open, outOfPlace, playTo, status, type, untilRest } from './app.mjs';
import { closeBrowser, screenshot } from './browser.mjs';

after(closeBrowser);

const WIDTHS = [320, 768, 1280, 1920];
const [ZERO, ONE] = ['demo-statefulset-0', 'demo-statefulset-1'];

/** The addresses in the DNS: whether they are given, by pod. */
const given = page => page.evaluate(() => Object.fromEntries([...document.querySelectorAll('#stage [data-type=A][data-pod]')]
  .map(({ dataset }) => [dataset.pod, dataset.given === 'true'])));

/** The pods that SRV records name. */
const srv = page => page.evaluate(() => [...document.querySelectorAll('#stage [data-type=SRV][data-pod]')].map(({ dataset }) => dataset.pod));

/** Where things lie on the page: left, top, right, bottom. */
const boxes = (page, selector) => page.evaluate(selector => [...document.querySelectorAll(selector)].map(element => {
  const { left, top, right, bottom } = element.getBoundingClientRect();
  return { left, top, right, bottom };
}), selector);

const still = page => page.evaluate(() => Promise.allSettled(document.getAnimations().map(animation => animation.finished)));

test('a record goes with readiness, says why, and comes back', t => open(t, { lesson: 'finding-peers' }, async page => {
  await playTo(page);
  assert.deepEqual(await given(page), { [ZERO]: true, [ONE]: false });
  assert.deepEqual(await srv(page), [ZERO]);
  const absent = page.locator('.record[data-given=false]');
  assert.match(await absent.textContent(), /publishNotReadyAddresses/);
  assert.doesNotMatch(await absent.textContent(), /→/);
  await page.click(`.pod[data-pod="${ONE}"]`);
  await page.click('#switch-readiness');
  await page.click('#inspector-close');
  await untilRest(page);
  assert.deepEqual(await given(page), { [ZERO]: true, [ONE]: true });
  assert.deepEqual(await srv(page), [ZERO, ONE]);
  const dig = await type(page, `kubectl exec dnsutils -- dig +short ${ONE}.demo-statefulset-headless-service.default.svc.cluster.local`);
  assert.match(await page.textContent(`.record[data-pod="${ONE}"]`), new RegExp(`→ ${dig.stdout.trim()}`));
}));

test('a cut cable is one thing, and what the API thinks of the node another', t => open(t, { lesson: 'node-failure' }, async page => {
  const node = () => page.evaluate(pod => {
    const rack = document.querySelector(`#stage .pod[data-pod="${pod}"]`).closest('[data-node]');
    return { name: rack.dataset.node, cut: rack.dataset.cut, ready: rack.dataset.ready, text: rack.querySelector('h3').innerText };
  }, ZERO);
  await playTo(page, 'cut');
  const cut = await node();
  assert.deepEqual([cut.cut, cut.ready], ['true', 'true'], 'nobody has noticed yet');
  assert.match(cut.text, /Ready\s+cable cut/);
  await page.click('#next-beat');
  await playTo(page, 'not-ready');
  const noticed = await node();
  assert.deepEqual([noticed.cut, noticed.ready], ['true', 'false']);
  assert.match(noticed.text, /NotReady\s+cable cut/);
  await page.click('#next-beat');
  await playTo(page, 'healed');
  const healed = await page.evaluate(name => ({ ...document.querySelector(`[data-node="${name}"]`).dataset }), cut.name);
  assert.deepEqual([healed.cut, healed.ready], ['false', 'true']);
  assert.equal(await page.locator('.cut-word').count(), 0);
}));

for (const width of WIDTHS) {
  test(`two of one identity can't be missed at a width of ${width}`, t =>
    open(t, { lesson: 'node-failure', viewport: { width, height: 800 } }, async page => {
      await playTo(page, 'force');
      assert.equal(await page.textContent(`[data-twins="${ZERO}"]`), `2 × ${ZERO}`);
      await still(page);
      const [banner] = await boxes(page, '.twins b');
      assert.ok(banner.left >= 0 && banner.right <= width, JSON.stringify(banner));
      const both = await boxes(page, `#stage [data-stray="${ZERO}"], #stage .pod[data-pod="${ZERO}"]`);
      assert.equal(both.length, 2);
      const [frame] = await boxes(page, '.twins');
      for (const one of both) {
        const within = frame.left <= one.left && one.right <= frame.right && frame.top <= one.top && one.bottom <= frame.bottom + 4;
        assert.ok(within, `${JSON.stringify(one)} in ${JSON.stringify(frame)}`);
      }
      assert.deepEqual(await outOfPlace(page), []);
      await screenshot(page, `twins-${width}`);
      if (width !== 1280) return;
      await page.click('[data-tool=kill]');
      await page.click(`[data-stray="${ZERO}"].target`);
      await page.waitForSelector('[data-stray]', { state: 'detached' });
      assert.equal(await page.locator('.twins').count(), 0);
      assert.match(await page.textContent('#caption'), /ended with exit code 1/);
      assert.equal(await page.locator(`.pod[data-pod="${ZERO}"]`).count(), 1, 'its replacement is another one');
    }));

  test(`six pods have room at a width of ${width}`, t =>
    open(t, { lesson: 'four-workarounds', viewport: { width, height: 800 } }, async page => {
      await playTo(page);
      assert.ok(await page.locator('#stage .pod').count() >= 5);
      assert.deepEqual(await outOfPlace(page), []);
      await screenshot(page, `six-${width}`);
    }));
}

test('a replacement takes the seat of its predecessor, and claims stay where they are', t => open(t, {}, async page => {
  await playTo(page);
  const seen = () => page.evaluate(pod => {
    const place = element => ({ left: element.offsetParent.offsetLeft + element.offsetLeft });
    const card = document.querySelector(`#stage .pod[data-pod="${pod}"]`);
    return { uid: card.dataset.uid, pod: place(card), claim: place(document.querySelector(`#stage [data-claim="data-${pod}"]`)) };
  }, ZERO);
  const before = await seen();
  await type(page, `kubectl delete pod ${ZERO} --wait=false`);
  await untilRest(page);
  const now = await seen();
  assert.notEqual(now.uid, before.uid);
  assert.deepEqual([now.pod, now.claim], [before.pod, before.claim]);
}));

test('never more than three things glide, and none for long', t => open(t, { reducedMotion: 'no-preference' }, async page => {
  await page.evaluate(() => {
    globalThis.glides = [];
    const { animate } = Element.prototype;
    Element.prototype.animate = function (...given) {
      globalThis.glides.push([document.querySelector('[data-app]').dataset.frame, given[1].duration]);
      return animate.apply(this, given);
    };
  });
  await playTo(page);
  const glides = await page.evaluate(() => globalThis.glides);
  assert.ok(glides.length > 0, 'a pod glides to its node');
  const atOnce = frame => glides.filter(([other]) => other === frame).length;
  assert.ok(glides.every(([frame]) => atOnce(frame) <= 3), JSON.stringify(glides));
  assert.ok(glides.every(([, duration]) => duration >= 150 && duration <= 400));
  assert.ok((await status(page)).frames > 10);
}));
