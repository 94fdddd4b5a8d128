// The opening, the sandboxes, and lessons from files: what a visitor finds before and beside the course.

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { after, test } from 'node:test';
import { COURSE, LANGUAGES, finishBeat, lessonShown, nextBeat, open, playTo, states, status, type } from './app.mjs';
import { accessibilityViolations, closeBrowser, reload, screenshot, visit } from './browser.mjs';

after(closeBrowser);

const ONE = 'demo-statefulset-1';
const dist = new URL('../dist/', import.meta.url);

for (const lang of LANGUAGES) {
  for (const theme of ['light', 'dark']) {
    test(`a first visit shows a running cluster and one large button that kills a pod (${lang}, ${theme})`, t =>
      visit(t, { query: `?lang=${lang}`, colorScheme: theme, reducedMotion: 'reduce' }, async page => {
        await lessonShown(page, 'opening');
        assert.deepEqual(Object.values(await states(page, 'pod')), ['Ready', 'Ready', 'Ready']);
        assert.equal(await page.locator('.lesson-panel .primary').count(), 1, 'one large button');
        const { height } = await page.locator('#next-beat').boundingBox();
        assert.ok(height >= 64, `${height} px high`);
        assert.deepEqual(await accessibilityViolations(page), []);
        await screenshot(page, `opening-${lang}-${theme}`);
        await page.click('#next-beat');
        await page.waitForSelector('#lesson[data-beat=kill][data-beat-state=done]', { timeout: 20_000 });
        assert.equal(ONE in await states(page, 'pod'), false);
        assert.equal((await states(page, 'claim'))[`data-${ONE}`], 'Bound');
        await nextBeat(page);
        await playTo(page, 'data');
        assert.match(await page.innerText('#terminal-log'), /still here[\s\S]*still here/, 'the new pod has the data of the old');
        await nextBeat(page);
        await playTo(page);
        assert.deepEqual(await accessibilityViolations(page), []);
        await screenshot(page, `opening-over-${lang}-${theme}`);
        await page.click('#next-beat');
        await lessonShown(page, 'shared-claim');
        await page.goto(page.url().split('?')[0]);
        await lessonShown(page, 'shared-claim');
      }));
  }

  for (const theme of ['light', 'dark']) {
    test(`no accessibility violation in questions, verdicts, challenges and sandboxes (${lang}, ${theme})`, t =>
      open(t, { lesson: 'sandbox-goals', lang, colorScheme: theme, reducedMotion: 'reduce' }, async page => {
        const check = async name => {
          await screenshot(page, `beside-${name}-${lang}-${theme}`);
          assert.deepEqual(await accessibilityViolations(page), [], name);
        };
        const go = async lesson => {
          if (!(await page.isVisible(`[data-open="${lesson}"]`))) await page.click('#contents summary');
          await page.click(`[data-open="${lesson}"]`);
          await lessonShown(page, lesson);
          await page.click('#contents summary');
        };
        await check('goal');
        for (let hint = 0; hint < 3; hint++) await page.click('#next-beat');
        await check('hints');
        await page.check('#just-play');
        await check('just-play');
        await page.uncheck('#just-play');
        await go('sandbox');
        await check('sandbox');
        await go('what-blocks-scaling');
        await playTo(page, 'survivor-unready');
        await check('deed');
        assert.ok((await page.innerText('#deed')).length > 10, 'it says what was done');
        await nextBeat(page);
        await check('question');
        await page.click('[data-choice="web-4"]');
        await finishBeat(page);
        await check('verdict');
        await go('node-failure');
        await playTo(page, 'force');
        await page.click('[data-tool=kill]');
        assert.equal(await page.locator('.stray.target').count(), 1, 'it can be used on what runs on without its pod');
        await check('twins-and-tool');
        await offer(page, await file('same-identity'));
        await lessonShown(page, 'file-same-identity');
        await check('from-file');
      }));
  }
}

test('goals are reached in any order, skipped, and put away', t => open(t, { lesson: 'sandbox-goals' }, async page => {
  await page.selectOption('#speed', '8');
  const beat = async id => page.waitForSelector(`#lesson[data-beat="${id}"]`);
  await page.click('#skip-goal');
  await beat('nothing-lost');
  await page.click('#skip-goal');
  await beat('all-gone');
  await type(page, 'kubectl delete sts demo-statefulset --cascade=orphan');
  assert.equal((await status(page)).beatState, 'going', 'that is another goal');
  await page.click('#lesson .progress li:nth-child(5) button');
  await page.waitForSelector('#lesson[data-beat=orphans][data-beat-state=done]');
  assert.equal(await page.getAttribute('#challenge', 'data-met'), 'true');
  // The solution of a goal leads there from wherever the sandbox is, and what was done is kept.
  await page.click('#lesson .progress li:nth-child(1) button');
  for (const hints of ['1', '2', '3']) {
    await page.click('#next-beat');
    await page.waitForSelector(`#challenge[data-hints="${hints}"]`);
  }
  await page.click('#next-beat');
  await page.waitForSelector('#lesson[data-beat=third][data-beat-state=done]', { timeout: 20_000 });
  await page.click('#notice button');
  await page.click('#lesson .progress li:nth-child(5) button');
  await page.waitForSelector('#lesson[data-beat=orphans][data-beat-state=done]');
  await page.check('#just-play');
  assert.equal(await page.locator('#challenge, #next-beat, #skip-goal').count(), 0);
  await reload(page);
  await lessonShown(page, 'sandbox-goals');
  assert.equal(await page.isChecked('#just-play'), true);
  await page.uncheck('#just-play');
  await page.waitForSelector('#lesson[data-beat=orphans][data-beat-state=done]');
}));

/** The file that `cargo xtask lesson pack` makes of a lesson, with changes. */
async function file(id, change = lesson => lesson) {
  const names = (await readdir(new URL('lessons/', dist))).filter(name => name.startsWith(`${id}.`));
  const lessons = await Promise.all(names.map(async name => JSON.parse(await readFile(new URL(`lessons/${name}`, dist), 'utf8'))));
  return ['ordinal-lesson 1', ...lessons.map(lesson => JSON.stringify(change(lesson)))].join('\n');
}

const offer = (page, text, name = 'mine.ordinal') =>
  page.setInputFiles('#lesson-file', { name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) });

test('a lesson is opened from a file, in both languages, and is still there after the page was loaded again', t =>
  open(t, {}, async page => {
    await page.click('#contents summary');
    await offer(page, await file('scale-down-and-up'));
    await lessonShown(page, 'file-scale-down-and-up');
    await playTo(page, 'three');
    await page.click('#lang-zh');
    await page.waitForFunction(() => /[\u4e00-\u9fff]/.test(document.querySelector('#lesson-title').innerText));
    await nextBeat(page);
    const before = await status(page);
    await reload(page);
    await lessonShown(page, 'file-scale-down-and-up');
    assert.deepEqual([(await status(page)).beat, (await status(page)).frame], [before.beat, before.frame]);
    await page.click('#contents summary');
    await page.click('[data-open="ordered-creation"]');
    await lessonShown(page, 'ordered-creation');
    await page.click('[data-open="file-scale-down-and-up"]');
    await lessonShown(page, 'file-scale-down-and-up');
  }));

test('a file can be dropped onto the page', t => open(t, {}, async page => {
  const data = await page.evaluateHandle(text => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'mine.ordinal'));
    return data;
  }, await file('same-identity'));
  await page.dispatchEvent('#stage', 'dragover', { dataTransfer: data });
  await page.dispatchEvent('#stage', 'drop', { dataTransfer: data });
  await lessonShown(page, 'file-same-identity');
}));

const refused = {
  'no lesson': ['hello', /mine\.ordinal.*not a lesson/],
  nothing: ['', /not a lesson/],
  'half of one': ['ordinal-lesson 1\n{"id":"x","lang":', /not a lesson: a line of it is not as this page knows it/],
  'one of another version': ['ordinal-lesson 7\n{}', /another version of Ordinal \(format 7/],
  'one with a million nodes': [() => file('same-identity', lesson => ({ ...lesson, nodes: 1e6 })), /more than 20/],
  'one that would take the place of stored things': [() => file('same-identity', lesson => ({ ...lesson, id: '../settings' })), /its id/],
};
for (const [what, [text, expected]] of Object.entries(refused)) {
  test(`${what} is refused in clear words, and the run goes on`, t => open(t, {}, async page => {
    await playTo(page, 'pod-0');
    const before = [await status(page), await states(page, 'pod')];
    await offer(page, typeof text === 'string' ? text : await text());
    await page.waitForSelector('#notice:not([hidden])');
    assert.match(await page.innerText('#notice'), expected);
    assert.deepEqual([await status(page), await states(page, 'pod')], before);
    await screenshot(page, `refused-${what.replaceAll(' ', '-')}`);
  }));
}

test('a hostile file can show nothing but prose, run nothing and load nothing', t => open(t, {}, async page => {
  const attack = [
    '<img src="https://example.invalid/x" onerror="globalThis.hurt=1">', '<script>globalThis.hurt=2</script>',
    '<svg onload="globalThis.hurt=3"></svg>', '<p onclick="globalThis.hurt=4" style="position:fixed">paragraph</p>',
    '<iframe src="javascript:parent.hurt=5"></iframe>', '<a href="javascript:hurt=6">link</a>', '<style>body{display:none}</style>',
    '<form action="https://example.invalid"><input name="x"></form>', '<p id="next-beat">twin</p>', '<math><mtext><p><style><!--</style><img title="--><img src=x onerror=hurt=7>">',
  ].join('');
  const everywhere = value => {
    if (Array.isArray(value)) return value.map(everywhere);
    if (value && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, PROSE.has(key) && typeof inner === 'string'
        ? inner + attack : key === 'labels' ? inner.map(label => label + attack)
          : key === 'replies' ? inner.map(([wrong, reply]) => [wrong, reply + attack]) : everywhere(inner)]));
    }
    return value;
  };
  const PROSE = new Set(['intro', 'text', 'question', 'goal', 'nudge', 'point', 'title']);
  const requests = [];
  page.on('request', request => requests.push(request.url()));
  await offer(page, await file('same-identity', everywhere));
  await lessonShown(page, 'file-same-identity');
  for (let beat = 0; beat < 9; beat++) {
    const found = await page.evaluate(() => ({
      elements: [...document.querySelectorAll('#lesson .prose *, #lesson .intro *, #question-text *')]
        .map(element => [element.localName, ...element.getAttributeNames()].join(' ')),
      strange: document.querySelectorAll('#lesson :is(img, script, svg, iframe, a:not(.beat-name), style, form, math)').length,
      twins: document.querySelectorAll('#next-beat').length,
      hurt: globalThis.hurt,
    }));
    assert.deepEqual([found.strange, found.twins, found.hurt], [0, 1, undefined]);
    for (const element of found.elements) assert.match(element, /^(p|em|strong|code|code lang translate|ul|ol|li|table|thead|tbody|tr|th|td|br|hr|del|pre|blockquote)$/);
    if (beat === 3) await page.click('[data-choice=lost]').catch(() => {});
    await finishBeat(page);
    await page.locator('#lesson .prose p').first().click();
    if (beat < 8) await nextBeat(page);
  }
  assert.equal(await page.evaluate(() => globalThis.hurt), undefined);
  assert.deepEqual(requests.filter(url => url.includes('invalid')), []);
  await screenshot(page, 'hostile-file');
}));

for (const lesson of COURSE) {
  test(`${lesson} is walked to its end with the keyboard alone`, t => open(t, { lesson, reducedMotion: 'reduce' }, async page => {
    const reach = async id => {
      for (let presses = 0; presses < 150; presses++) {
        if (await page.evaluate(id => document.activeElement?.id === id, id)) return;
        await page.keyboard.press('Tab');
      }
      assert.fail(`#${id} is not reached with Tab`);
    };
    const beats = await page.locator('#lesson .progress li').count();
    await reach('next-beat');
    for (let beat = 1, presses = 0; ; presses++) {
      assert.ok(presses < 40 * beats, 'it comes to an end');
      const { beatState, beat: id } = await status(page);
      const at = await page.locator('#lesson .progress [aria-current]').evaluate(dot => [...dot.closest('ol').children].indexOf(dot.closest('li')) + 1);
      if (beatState === 'done' && at === beats) break;
      if (presses > 0 && !(await page.evaluate(() => document.activeElement?.id === 'next-beat'))) await reach('next-beat');
      await page.keyboard.press(presses % 2 ? 'Enter' : 'Space');
      await page.waitForTimeout(40);
      beat = at;
      assert.ok(id);
    }
  }));
}

test('the goals are walked through with the keyboard alone', t => open(t, { lesson: 'sandbox-goals' }, async page => {
  const seen = new Set();
  for (let presses = 0; seen.size < 6 && presses < 200; presses++) {
    seen.add((await status(page)).beat);
    await page.keyboard.press(await page.evaluate(() => document.activeElement?.id === 'skip-goal') ? 'Enter' : 'Tab');
    await page.waitForTimeout(20);
  }
  assert.equal(seen.size, 6, [...seen].join(' '));
}));
