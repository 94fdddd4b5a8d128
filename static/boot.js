// Starts the app, and says so on the page if that fails. It is a file of its own, and not part of index.html,
// so that the page's content security policy can forbid inline scripts.
(() => {
  const show = error => {
    document.getElementById('app').hidden = true;
    document.getElementById('failure-detail').textContent ||= String(error);
    document.getElementById('failure').hidden = false;
    console.error(error);
  };

  // Where the app panics, it traps. The run that is open then is set aside at the next start.
  const isTrap = error => error instanceof WebAssembly.RuntimeError;
  const stop = error => {
    try {
      const lesson = localStorage.getItem('ordinal.open');
      if (isTrap(error) && lesson) localStorage.setItem('ordinal.crashed', lesson);
    } catch {
      // Without a store there is no run in it.
    }
    show(error);
  };
  addEventListener('error', ({ error }) => isTrap(error) && stop(error));
  addEventListener('unhandledrejection', ({ reason }) => isTrap(reason) && stop(reason));

  const download = async (address, options) => {
    const answer = await fetch(address, options);
    if (!answer.ok) throw new Error(`${address}: ${answer.status} ${answer.statusText}`);
    return answer;
  };

  // What the address asks for goes before what was chosen earlier, and that before what the browser prefers.
  const language = () => {
    const known = document.querySelector('meta[name="languages"]').content.split(' ');
    const stored = () => {
      try {
        return JSON.parse(localStorage.getItem('ordinal.settings')).lang;
      } catch {
        return null;
      }
    };
    const preferred = navigator.languages.map(tag => tag.split('-')[0]);
    const wanted = [new URLSearchParams(location.search).get('lang'), stored(), ...preferred];
    return wanted.find(code => known.includes(code)) ?? known[0];
  };

  // The app finds its first words on the page. They must be those of its own version: no cache may have older ones.
  const speak = async () => {
    const words = document.getElementById('words');
    words.lang = language();
    words.textContent = await (await download(`words/${words.lang}.txt`, { cache: 'no-cache' })).text();
  };

  // The build gives both files names with a hash in them; their preload links know the names.
  const start = async () => {
    const glue = document.querySelector('link[rel="modulepreload"]').href;
    const wasm = document.querySelector('link[rel="preload"][as="fetch"]').href;
    const [{ default: init }, program] = await Promise.all([import(glue), download(wasm), speak()]);
    await init({ module_or_path: program });
  };

  // Once the page is there, the rest of the site is kept for times without a network. Where a browser doesn't allow
  // that, the page only needs the network.
  const keep = () => navigator.serviceWorker?.register('worker.js').catch(() => {});

  start().then(keep, stop);
})();
