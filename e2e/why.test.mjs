// Why not? Every stuck thing can be asked, and answers with its rule and with what stands in the way.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { open, playTo } from './app.mjs';
import { closeBrowser } from './browser.mjs';

after(closeBrowser);

const answer = async (page, selector) => {
  await page.click(`#stage ${selector}`);
  return page.innerText('#why');
};

for (const [lesson, beat, selector, said] of [
  ['storage-traps', 'pending', '[data-claim="data-demo-statefulset-0"]', { en: /no volume that data-demo-statefulset-0 could be bound to/, zh: /没有可以绑定给 data-demo-statefulset-0 的卷/ }],
  ['storage-traps', 'pending', '[data-pod="demo-statefulset-0"]', { en: /before its claim data-demo-statefulset-0 is bound/, zh: /的申领 data-demo-statefulset-0 绑定到卷之前/ }],
  ['storage-traps', 'claim-deleted', '[data-claim="data-demo-statefulset-0"]', { en: /demo-statefulset-0 uses the claim/, zh: /demo-statefulset-0 还在使用申领/ }],
  ['stuck-rollout', 'stuck', '[data-pod="demo-statefulset-1"]', { en: /can't be pulled/, zh: /拉取不到/ }],
  ['stuck-rollout', 'not-freed', '[data-stateful-set] .pick', { en: /demo-statefulset-1 has to be deleted by hand/, zh: /只能手动删除 demo-statefulset-1/ }],
  ['node-failure', 'evicted', '[data-pod="demo-statefulset-0"]', { en: /Only the kubelet on node-\d can confirm/, zh: /只有 node-\d 上的 kubelet 才能确认/ }],
  ['what-blocks-scaling', 'blocked', '[data-pod="web-0"]', { en: /readiness probe of web-0 fails/, zh: /web-0 的就绪探针失败/ }],
]) {
  for (const lang of ['en', 'zh']) {
    test(`${lesson}: why not, asked of ${selector} (${lang})`, t => open(t, { lesson, lang }, async page => {
      await playTo(page, beat);
      assert.match(await answer(page, selector), said[lang]);
    }));
  }
}
