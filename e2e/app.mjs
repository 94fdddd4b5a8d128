// The app, as a reader uses it: what is on the page, and what can be done. Every selector of the tests is here.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { visit } from './browser.mjs';

/** Three that are looked at closely, and all there are. */
export const LESSONS = ['ordered-creation', 'scale-down-and-up', 'same-identity'];
export const ALL_LESSONS = readdirSync(new URL('../static/lessons/', import.meta.url));
/** Those in which each step follows from the one before; the goals of the other are tried one by one (`cargo xtask lessons`). */
export const COURSE = ALL_LESSONS.filter(lesson => lesson !== 'sandbox-goals');
export const LANGUAGES = ['en', 'zh'];

/** Opens a lesson and waits until it is there. `options` are those of `visit`. */
export function open(t, { lesson = 'ordered-creation', lang = 'en', ...options }, body) {
  return visit(t, { query: `?lesson=${lesson}&lang=${lang}`, ...options }, async (page, site) => {
    await lessonShown(page, lesson);
    await body(page, site);
  });
}

/** Waits until a lesson is on the page. */
export const lessonShown = (page, lesson) => page.waitForSelector(`#lesson[data-lesson="${lesson}"]`);

/** What the page says of itself. */
export const status = page => page.evaluate(() => {
  const { frame, frames, playing, rest, branch } = document.querySelector('[data-app]').dataset;
  const { lesson, beat, beatState } = document.querySelector('#lesson').dataset;
  return { frame: +frame, frames: +frames, playing: playing === 'true', rest: rest === 'true', branch, lesson, beat, beatState };
});

/** State by name of everything of a kind on the stage: `pod`, `claim`, `volume`. */
export const states = (page, kind) => page.evaluate(kind => Object.fromEntries(
  [...document.querySelectorAll(`#stage [data-${kind}][data-state]`)].map(({ dataset }) => [dataset[kind], dataset.state]),
), kind);

/** Brings the beat to its end, playing if it has to, and gives its id. */
export async function finishBeat(page) {
  const { beat } = await status(page);
  // Looked at and clicked in one go: the beat may come to its end by itself at any time. If it has and the page does
  // not show it yet, the click leads to the next beat, and back we go.
  const press = beat => page.evaluate(beat => {
    const shown = document.querySelector('#lesson').dataset;
    const over = shown.beat === beat && shown.beatState === 'done';
    if (!over) document.querySelector(shown.beat === beat ? '#next-beat' : '#previous-beat').click();
    return over;
  }, beat);
  for (let attempt = 0; !await press(beat); attempt++) {
    assert.ok(attempt < 20, 'the beat comes to its end');
    await page.waitForTimeout(30);
  }
  return beat;
}

/** From a finished beat to the next one. */
export async function nextBeat(page) {
  const { beat } = await status(page);
  await page.click('#next-beat');
  await page.waitForFunction(beat => document.querySelector('#lesson').dataset.beat !== beat, beat);
}

/** Plays beats until the one with this id is over; without an id, to the end of the lesson. Gives their ids. */
export async function playTo(page, last) {
  const played = [];
  for (;;) {
    played.push(await finishBeat(page));
    const atLast = await page.locator('#lesson .progress li:last-child [aria-current]').count() === 1;
    if (atLast || played.at(-1) === last) break;
    await nextBeat(page);
  }
  assert.ok(!last || played.at(-1) === last, `there is no beat ${last}`);
  return played;
}

/** Goes with Tab, forwards or backwards, until what the selector names has the focus. */
export async function tabTo(page, selector) {
  for (let presses = 0; presses < 150; presses++) {
    const way = await page.evaluate(selector => {
      const [here, there] = [document.activeElement, document.querySelector(selector)];
      if (here === there) return 'there';
      return here.compareDocumentPosition(there) & Node.DOCUMENT_POSITION_PRECEDING ? 'Shift+Tab' : 'Tab';
    }, selector);
    if (way === 'there') return;
    await page.keyboard.press(way);
  }
  assert.fail(`Tab never comes to ${selector}`);
}

/** Waits until nothing is left to happen, at the highest speed. */
export async function untilRest(page) {
  await page.selectOption('#speed', '8');
  if (!(await status(page)).playing && !(await status(page)).rest) await page.click('#play');
  // A beat that comes to its end stops the film.
  await page.waitForFunction(() => {
    const { playing, rest } = document.querySelector('[data-app]').dataset;
    if (playing === 'false' && rest === 'false') document.querySelector('#play').click();
    return rest === 'true';
  }, null, { timeout: 20_000, polling: 50 });
}

/** Types a command and gives what it printed at once: `{ stdout, stderr, note }`. */
export async function type(page, command) {
  const before = await page.locator('#terminal-log > li').count();
  await page.fill('#terminal-input', command);
  await page.press('#terminal-input', 'Enter');
  await page.waitForFunction(before => document.querySelectorAll('#terminal-log > li').length > before, before);
  return printed(page);
}

/** What the last command printed: `{ command, stdout, stderr, note }`. */
export const printed = page => page.evaluate(() => {
  const entry = document.querySelector('#terminal-log > li:last-child');
  const text = stream => [...entry.querySelectorAll(`[data-stream=${stream}]`)].map(part => {
    const copy = part.cloneNode(true);
    copy.querySelectorAll('.unseen').forEach(hidden => hidden.remove());
    return copy.textContent;
  }).join('\n');
  return { command: entry.dataset.command, stdout: text('stdout'), stderr: text('stderr'), note: text('note') };
});

/** Rows of a table as kubectl prints it, as objects by column. */
export function table(text) {
  const [header, ...rows] = text.trimEnd().split('\n').map(line => line.split(/ {2,}/));
  return rows.map(row => Object.fromEntries(header.map((column, index) => [column, row[index]])));
}

/** Steps with a button until something is true of the pods' states; gives the number of steps. */
export async function stepUntil(page, button, holds) {
  for (let steps = 0; steps < 200; steps++) {
    if (holds(await states(page, 'pod'))) return steps;
    const { frame } = await status(page);
    await page.click(button);
    await page.waitForFunction(frame => document.querySelector('[data-app]').dataset.frame !== frame, String(frame));
  }
  return assert.fail('it never came true');
}

/** Notes the pods of every frame from now on; the function it gives returns the notes. */
export async function notePods(page) {
  await page.evaluate(() => {
    const app = document.querySelector('[data-app]');
    const note = () => Object.fromEntries([...document.querySelectorAll('#stage [data-pod][data-state]')]
      .map(({ dataset }) => [dataset.pod, dataset.state]));
    globalThis.notes = [note()];
    new MutationObserver(() => globalThis.notes.push(note())).observe(app, { attributeFilter: ['data-frame'] });
  });
  return () => page.evaluate(() => globalThis.notes);
}

/** What is cut off, lies on something else or sticks out of its card, one line each. What moves is brought to rest first. */
export const outOfPlace = page => page.evaluate(() => {
  for (const animation of document.getAnimations()) if (animation.effect.getComputedTiming().endTime !== Infinity) animation.finish();
  const found = [];
  const seen = element => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest('.unseen, .ghost, [hidden]');
  const name = element => [element.localName, element.id && `#${element.id}`, ...element.classList].join('.') + ` "${element.textContent.trim().slice(0, 40)}"`;
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} wide, of ${clientWidth}`);
  // What is cut off. A terminal's lines and an editor's may be long; so may names in lanes, which are told as well, and
  // a Service's own part of the names of its records. Answers that fly may leave the stage.
  const LONG = 'pre, .terminal, .sheet, .bars, .record code i, .beat-name, select, svg, .top .choice > span';
  for (const element of document.querySelectorAll('#app *')) {
    if (element.matches('.stage') || element.closest(LONG) || !seen(element)) continue;
    const { overflowX, overflowY, display } = getComputedStyle(element);
    if (display === 'inline') continue;
    if (overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1) found.push(`cut off at its side: ${name(element)} ${element.scrollWidth} > ${element.clientWidth}`);
    if (overflowY === 'hidden' && element.scrollHeight > element.clientHeight + 1) found.push(`cut off at its foot: ${name(element)} ${element.scrollHeight} > ${element.clientHeight}`);
  }
  // What lies within something is not seen outside of it.
  const box = element => {
    let { left, top, right, bottom } = element.getBoundingClientRect();
    for (let around = element.parentElement; around; around = around.parentElement) {
      if (getComputedStyle(around).overflowY === 'visible') continue;
      const outer = around.getBoundingClientRect();
      [left, top] = [Math.max(left, outer.left), Math.max(top, outer.top)];
      [right, bottom] = [Math.min(right, outer.right), Math.min(bottom, outer.bottom)];
    }
    return { left, top, right, bottom };
  };
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const things = [...document.querySelectorAll(`#stage :is(.pod, .claim, .volume, .set, .service, .seat, .api, .twins b, .rack .pick, .rack .cut-word,
    .row > h3, .toolbox button, .talks, #tool-hint), #inspector, .caption, .side > h3, #timeline > *, #timeline .chip, .terminal, .editor, .lesson-text, .beat-buttons button, .top button, .top label`)]
    .filter(element => seen(element) && !element.matches('.id-none.seat') && getComputedStyle(element.parentElement).position !== 'fixed').map(element => [element, box(element)]);
  things.forEach(([a, first], at) => things.slice(at + 1).forEach(([b, second]) => {
    if (!a.contains(b) && !b.contains(a) && over(first, second)) found.push(`${name(a)} lies on ${name(b)}`);
  }));
  // What belongs into a card is not seen outside of it.
  for (const part of document.querySelectorAll('#stage :is(.pod, .claim, .volume, .set, .service) *, .chip *, .lesson-panel button *')) {
    const card = part.closest('.pod, .claim, .volume, .set, .service, .chip, button');
    if (!card || part.closest('i, svg') || !seen(part)) continue;
    const [inner, outer] = [part.getBoundingClientRect(), card.getBoundingClientRect()];
    if (inner.width && (inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1)) found.push(`${name(part)} sticks out of ${name(card)}`);
  }
  return [...new Set(found)];
});
