// For everyone: assistive technology, keyboards, any width, any theme, any place on the host.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { LANGUAGES, LESSONS, lessonShown, open, outOfPlace, playTo, states, status, stepUntil, type } from './app.mjs';
import { accessibilityViolations, closeBrowser, screenshot } from './browser.mjs';

after(closeBrowser);

const ZERO = 'demo-statefulset-0';

/** Every screen there is, each made from the one before. */
const SCREENS = {
  start: async () => {},
  contents: page => page.click('#contents summary'),
  waiting: async page => {
    await page.click('#contents summary');
    await playTo(page, 'waiting');
  },
  pods: page => playTo(page),
  pod: page => page.click(`#stage [data-pod="${ZERO}"]`),
  claim: page => page.click(`#stage [data-claim="data-${ZERO}"]`),
  terminal: async page => {
    await page.click('#inspector-close');
    await type(page, 'kubectl get pods -o wide');
    await type(page, 'kubectl frobnicate');
  },
  fork: async page => {
    await stepUntil(page, '#step-back', pods => !('demo-statefulset-1' in pods));
    await type(page, 'kubectl scale sts demo-statefulset --replicas=1');
  },
  compare: page => page.click('#side-by-side'),
  help: page => page.click('#help-open'),
};

for (const lang of LANGUAGES) {
  for (const theme of ['light', 'dark']) {
    test(`no accessibility violation on any screen (${lang}, ${theme})`, t =>
      // Colours on their way from one state to the next are not those that are read.
      open(t, { lang, reducedMotion: 'reduce' }, async page => {
        await page.selectOption('#theme', theme);
        const found = {};
        for (const [name, go] of Object.entries(SCREENS)) {
          await go(page);
          if (name !== 'start') await screenshot(page, `screen-${name}-${lang}-${theme}`);
          const violations = await accessibilityViolations(page);
          if (violations.length > 0) found[name] = violations;
        }
        assert.deepEqual(found, {});
      }));
  }
}

test('the theme follows the system until one is chosen', t => open(t, { colorScheme: 'dark' }, async page => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await background();
  assert.notEqual(dark, light);
  await page.selectOption('#theme', 'dark');
  assert.equal(await background(), dark);
}));

for (const width of [320, 768, 1280, 1920]) {
  test(`nothing sticks out at a width of ${width}`, t =>
    open(t, { lang: 'zh', viewport: { width, height: 800 } }, async page => {
      for (const lang of LANGUAGES) {
        await page.click(`#lang-${lang}`);
        for (const lesson of LESSONS.slice(0, 2)) {
          await page.evaluate(lesson => document.querySelector(`[data-open="${lesson}"]`).click(), lesson);
          await lessonShown(page, lesson);
          if ((await status(page)).beatState !== 'done') await playTo(page, lesson === 'ordered-creation' ? undefined : 'one-at-a-time');
          for (const what of ['plain', 'inspecting']) {
            if (what === 'inspecting') await page.click(`#stage [data-pod="${ZERO}"]`);
            await screenshot(page, `width-${width}-${lesson}-${what}-${lang}`);
            assert.deepEqual(await outOfPlace(page), [], `${lang} ${lesson} ${what}`);
          }
          await page.click('#inspector-close');
        }
      }
    }));
}

test('a lesson can be walked through with the keyboard alone', t => open(t, {}, async page => {
  const focused = () => page.evaluate(() => document.activeElement.id);
  const tabTo = async id => {
    for (let presses = 0; presses < 120; presses++) {
      await page.keyboard.press('Tab');
      if (await focused() === id) return;
    }
    assert.fail(`Tab never comes to ${id}`);
  };
  await tabTo('next-beat');
  const outline = await page.evaluate(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return [outlineStyle, parseFloat(outlineWidth)];
  });
  assert.ok(outline[0] !== 'none' && outline[1] >= 2, `the focus can be seen: ${outline}`);
  const beats = await page.locator('#lesson .progress li').count();
  let { beat } = await status(page);
  for (let done = 0, presses = 0; done < beats; presses++) {
    assert.ok(presses < 60, 'the lesson comes to its end');
    const now = await status(page);
    if (now.beatState === 'done' && ++done === beats) break;
    assert.equal(await focused(), 'next-beat', 'the focus stays');
    await page.keyboard.press('Enter');
    await page.waitForFunction(([beat, state]) => {
      const { dataset } = document.querySelector('#lesson');
      return dataset.beat !== beat || dataset.beatState !== state;
    }, [now.beat, now.beatState]);
    ({ beat } = await status(page));
  }
  assert.equal(beat, 'both');
  // The player's keys, from somewhere that takes no keys itself.
  const { frame } = await status(page);
  await page.keyboard.press('ArrowLeft');
  await page.waitForSelector(`[data-app][data-frame="${frame - 1}"]`);
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector(`[data-app][data-frame="${frame}"]`);
  // Into the terminal, where those keys are letters, and out again.
  await tabTo('terminal-input');
  await page.keyboard.type('kubectl get pods -n default');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#terminal-log > li:last-child[data-command="kubectl get pods -n default"]');
  await page.keyboard.press('Tab');
  assert.notEqual(await focused(), 'terminal-input', 'the terminal is no trap');
  // An object of the stage: opened, read, closed.
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(pod => document.activeElement.dataset.pod === pod, ZERO)) break;
  }
  await page.keyboard.press('Enter');
  await page.waitForSelector(`#inspector[data-name="${ZERO}"]`);
  await page.keyboard.press('Escape');
  await page.waitForSelector('#inspector', { state: 'detached' });
}));

test('single keys can be switched off', t => open(t, {}, async page => {
  await page.click('#help-open');
  await page.uncheck('#single-keys');
  await page.click('#help-close');
  const before = await status(page);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('n');
  await page.waitForTimeout(200);
  assert.deepEqual(await status(page), before);
  await page.click('#help-open');
  await page.check('#single-keys');
  await page.click('#help-close');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('n');
  await page.waitForSelector('#lesson:not([data-beat-state=ahead])');
}));

test('a key that is held down leads to one beat and no further, and a clicker works while a line is typed', t => open(t, {}, async page => {
  await playTo(page, 'volumes');
  await page.focus('#terminal-input');
  await page.keyboard.down('PageDown');
  await page.keyboard.down('PageDown');
  await page.waitForSelector('#lesson[data-beat=service]');
  await page.keyboard.up('PageDown');
  await page.focus('#next-beat');
  const { beat } = await status(page);
  for (let held = 0; held < 9; held++) await page.keyboard.down('n');
  for (let held = 0; held < 9; held++) await page.keyboard.down('Enter');
  await page.keyboard.up('Enter');
  await page.keyboard.up('n');
  await page.waitForTimeout(100);
  const dots = await page.locator('#lesson .progress li').evaluateAll(all => all.findIndex(dot => dot.querySelector('[aria-current]')));
  assert.ok(beat === 'service' && dots <= 2, `it is beat ${dots + 1}`);
  for (const selector of ['#beat-title', '#question']) assert.equal(await page.locator(`[aria-live=polite] ${selector}`).count(), await page.locator(selector).count());
}));

test('what happens is told to who cannot see it', t => open(t, {}, async page => {
  await page.evaluate(() => {
    globalThis.told = [];
    const log = document.querySelector('#narration');
    new MutationObserver(() => globalThis.told.push(log.textContent))
      .observe(log, { childList: true, characterData: true, subtree: true });
  });
  await page.selectOption('#speed', '4');
  await page.click('#next-beat');
  await page.waitForSelector('#lesson[data-beat=volumes][data-beat-state=done]', { timeout: 20_000 });
  await page.waitForFunction(() => globalThis.told.some(text => text.includes('pv-c')), null, { timeout: 5_000 });
}));

test('it works from a sub-path', t => open(t, { path: '/some/sub-path/' }, async page => {
  await playTo(page, 'pod-0');
  assert.deepEqual(Object.keys(await states(page, 'pod')), [ZERO]);
  await page.click('#lang-zh');
  await page.waitForFunction(() => document.documentElement.lang.startsWith('zh'));
  await page.waitForFunction(() => /[\u4e00-\u9fff]/.test(document.querySelector('#lesson .prose').innerText));
}));

test('without motion and with forced colours, everything is still there', t =>
  open(t, { reducedMotion: 'reduce', forcedColors: 'active' }, async page => {
    await playTo(page);
    assert.deepEqual(Object.values(await states(page, 'pod')), ['Ready', 'Ready']);
    await screenshot(page, 'forced-colours');
  }));
