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

  // A release has the instructions of its functions in columns, where they compress better. This puts the
  // program together again; xtask/src/columns.rs writes the columns and tells their format.
  const assemble = file => {
    const source = new Uint8Array(file);
    let at = 8;
    const number = () => {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = source[at++];
        value |= (byte & 127) << shift;
        if (byte < 128) return value;
      }
    };
    const take = count => source.subarray(at, at += count);
    for (;;) {
      if (at >= source.length) return source;
      const start = at;
      const kind = source[at++];
      const end = number() + at;
      if (kind === 0 && String.fromCharCode(...take(number())) === 'columns') {
        return new Blob([source.subarray(0, start), functions(), source.subarray(end)]).arrayBuffer();
      }
      at = end;
    }

    function functions() {
      const [ways, alignments] = [take(256), take(256)];
      const out = new Uint8Array(6 + number());
      let to = 0;
      const put = (value, width) => {
        for (; value > 127 || width > 1; width--) {
          out[to++] = value & 127 | 128;
          value >>>= 7;
        }
        out[to++] = value;
      };
      out[to++] = 10;
      put(out.length - 6, 5);
      let count = number();
      put(count, 5);
      const places = Array.from({ length: 15 }, number).map(length => (at += length) - length);
      const copyNumber = column => {
        do out[to++] = source[places[column]]; while (source[places[column]++] > 127);
      };
      const read = column => {
        at = places[column];
        const value = number();
        places[column] = at;
        return value;
      };
      const copyBytes = column => {
        for (let left = read(column); left > 0; left--) out[to++] = source[places[column]++];
      };
      const inOrder = Uint16Array.from({ length: 4096 }, (_, index) => index);
      const variables = new Uint16Array(4096);
      for (; count > 0; count--) {
        const body = to += 5;
        copyBytes(1);
        variables.set(inOrder);
        for (let depth = 1; depth > 0;) {
          const code = source[places[0]++];
          out[to++] = code;
          if (code >= 2 && code <= 4) depth++;
          if (code === 11) depth--;
          const column = ways[code] & 31;
          switch (ways[code] >> 5) {
            case 1: copyNumber(column); break;
            case 2: {
              const used = read(column);
              const variable = variables[used];
              variables.copyWithin(1, 0, used);
              variables[0] = variable;
              put(variable, 1);
              break;
            }
            case 3:
              out[to++] = source[places[2]++] ^ alignments[code];
              copyNumber(column);
              break;
            case 4: copyBytes(column);
          }
        }
        const after = to;
        to = body - 5;
        put(after - body, 5);
        to = after;
      }
      return out;
    }
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
    await init({ module_or_path: await assemble(await program.arrayBuffer()) });
  };

  // Once the page is there, the rest of the site is kept for times without a network. Where a browser doesn't allow
  // that, the page only needs the network.
  const keep = () => navigator.serviceWorker?.register('worker.js').catch(() => {});

  start().then(keep, stop);
})();
