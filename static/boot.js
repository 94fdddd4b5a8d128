// Starts the app, and says so on the page if that fails. It is a file of its own, and not part of index.html,
// so that the page's content security policy can forbid inline scripts.
(() => {
  const show = error => {
    document.getElementById('app').hidden = true;
    document.getElementById('failure-detail').textContent = String(error);
    document.getElementById('failure').hidden = false;
    console.error(error);
  };

  const download = async address => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status} ${answer.statusText}`);
    return answer;
  };

  // The build gives both files names with a hash in them; their preload links know the names.
  const start = async () => {
    const glue = document.querySelector('link[rel="modulepreload"]').href;
    const wasm = document.querySelector('link[rel="preload"][as="fetch"]').href;
    const { default: init } = await import(glue);
    await init({ module_or_path: download(wasm) });
  };

  start().catch(show);
})();
