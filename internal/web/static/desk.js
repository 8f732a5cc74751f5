// The desk by keyboard, and what changes while it is open. All of it only adds: a key
// presses what stands on the page, and what is heard can be had by loading it anew. Texts
// come with the page; none is made into markup.
'use strict';
(() => {
  const $ = (s, in_ = document) => in_.querySelector(s);
  const $$ = (s, in_ = document) => [...in_.querySelectorAll(s)];
  const make = (tag, what) => Object.assign(document.createElement(tag), what);
  const keys = $('#keys'), palette = $('#palette');
  if (!keys || !palette) return;

  // The choice of no single keys is kept in this browser (WCAG 2.2, 2.1.4).
  const store = 'fairlead.keys', off = $('#keys-off');
  try { off.checked = localStorage.getItem(store) === 'off'; } catch { /* kept for this page */ }
  off.addEventListener('change', () => {
    try { localStorage.setItem(store, off.checked ? 'off' : 'on'); } catch { /* so */ }
  });

  const help = $('#keys-open');
  help.hidden = false;
  $('footer .foot-in p')?.after(help); // where nothing moves for it
  help.addEventListener('click', () => keys.showModal());

  const section = $('header .nav [aria-current]');
  if (section) section.closest('ul').scrollLeft = section.offsetLeft - section.closest('ul').offsetLeft - 16;

  // What this tab remembers until its member signs out.
  const kept = (key) => { try { return JSON.parse(sessionStorage.getItem('fairlead.' + key)); } catch { return null; } };
  const keep = (key, what) => {
    try { if (what) sessionStorage.setItem('fairlead.' + key, JSON.stringify(what)); else sessionStorage.removeItem('fairlead.' + key); } catch { /* so */ }
  };
  $('form[action="/desk/sign-out"]')?.addEventListener('submit', () => {
    try { sessionStorage.clear(); } catch { /* so */ }
  });

  // Rows of the queue, or entries of a case: where the keyboard is, and alone on the way of
  // Tab (WAI-ARIA practices, roving tabindex).
  let at = 0;
  const items = () => $$('#rows tbody tr, #entries > .entry:not(.middle), #entries [open] .entry');
  const focusOf = (item) => $('th a', item) || item;
  const rove = () => items().forEach((item, i) => {
    for (const el of item.matches('tr') ? $$('a, input', item) : [item]) el.tabIndex = i === at ? 0 : -1;
  });
  const go = (i) => {
    const all = items();
    if (!all.length) return;
    at = Math.max(0, Math.min(i, all.length - 1));
    rove();
    focusOf(all[at]).focus();
    all[at].scrollIntoView({ block: 'nearest' });
  };
  const here = () => items().findIndex((item) => item.contains(document.activeElement));
  const move = (by) => { const i = here(); go(i < 0 ? at + (items()[at] && document.activeElement === document.body ? 0 : by) : i + by); };
  document.addEventListener('focusin', () => { const i = here(); if (i >= 0 && i !== at) { at = i; rove(); } });

  // Distances go on, where this machine's clock agrees.
  const tick = () => {
    for (const el of $$('.move-due time:last-child, #rows .due strong time')) {
      const m = Math.round((new Date(el.dateTime) - Date.now()) / 6e4), far = Math.abs(m);
      const [n, unit] = far >= 2880 ? [m / 1440, 'day'] : far >= 120 ? [m / 60, 'hour'] : [m, 'minute'];
      const text = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: m ? 'always' : 'auto' }).format(Math.round(n), m ? unit : 'second');
      el.goes ??= text === el.textContent;
      if (el.goes && text !== el.textContent) el.textContent = text;
    }
  };
  tick();
  setInterval(tick, 15e3);

  const batch = $('.batch'), form = $('#batch');
  const headOf = $('#pick-all');
  let all = null;
  if (headOf && batch) { // a box for all needs a script, so it is made by one
    all = make('input', { type: 'checkbox' });
    all.ariaLabel = all.title = headOf.dataset.label;
    all.addEventListener('change', () => { for (const b of boxes()) b.checked = all.checked; count(); });
    headOf.append(all);
  }
  const boxes = () => $$('#rows input[name=case]');
  const count = () => {
    const n = boxes().filter((b) => b.checked).length, out = $('#chosen');
    out.value = n ? out.dataset.many.replace('#', n) : '';
    for (const b of $$('button', batch)) b.disabled = !n;
    batch.classList.toggle('any', n > 0);
    for (const b of boxes()) b.closest('tr').classList.toggle('picked', b.checked);
    if (all) { all.checked = n > 0 && n === boxes().length; all.indeterminate = n > 0 && !all.checked; }
  };
  const pick = () => {
    const box = items()[at] && $('input[name=case]', items()[at]);
    if (box) { box.checked = !box.checked; count(); }
  };
  if (batch) { document.addEventListener('change', (e) => { if (e.target.name === 'case') count(); }); count(); }
  const claim = () => {
    if (batch && items().length) {
      const box = $('input[name=case]', items()[at]), chosen = boxes().filter((b) => b.checked);
      const button = $('button[value=claim]', batch);
      if (!button || !box) return;
      if (chosen.length > 1) button.click(); else claimOne(chosen[0] || box, button);
      return;
    }
    $(claims)?.click();
  };

  // One case is claimed on the page itself. Any other answer than that it was done is asked
  // for once more as the form asks, so that its page is read.
  let plain = false;
  const claimOne = (box, button) => {
    const ask = new XMLHttpRequest(), was = box.checked;
    box.checked = true;
    const body = new URLSearchParams(new FormData(form));
    const fall = () => { box.checked = plain = true; count(); button.click(); };
    body.set('act', 'claim');
    ask.responseType = 'document';
    ask.open('POST', form.action);
    ask.addEventListener('load', () => {
      const told = ask.status === 200 && ask.response && $('#told > *', ask.response);
      if (!told) { fall(); return; }
      box.checked = false;
      own.add(box.value);
      if (!take(ask.response)) { location.assign(ask.responseURL); return; }
      $('#told').replaceChildren(document.importNode(told, true));
      if (document.activeElement === document.body) go(at);
    });
    ask.addEventListener('error', fall);
    ask.send(body);
    box.checked = was;
  };
  form?.addEventListener('submit', (e) => {
    const chosen = boxes().filter((b) => b.checked);
    if (plain || e.submitter?.value !== 'claim' || chosen.length !== 1) return;
    e.preventDefault();
    claimOne(chosen[0], e.submitter);
  });

  // A file over the limit is said at once.
  for (const way of $$('form[data-most]')) {
    way.addEventListener('change', (e) => {
      if (e.target.type !== 'file') return;
      const large = [...e.target.files].some((f) => f.size > Number(way.dataset.most));
      e.target.setCustomValidity(large ? way.dataset.large : '');
      if (large) e.target.reportValidity();
    });
  }

  // What is typed in a box of a case outlives the page until the case is shown again; what was
  // sent, until a page shows that it arrived. Other pages ask.
  const words = () => $$('.write textarea'), one = $('#case')?.dataset.case;
  let sent = null;
  document.addEventListener('submit', (e) => { if (!e.defaultPrevented && e.target.method !== 'dialog') sent = e.target; });
  document.addEventListener('input', () => { sent = null; });
  const about = location.pathname.match(/^\/desk\/cases\/([^/]+)/);
  if (about) {
    const done = new URLSearchParams(location.search).get('done');
    const left = (kept('words.' + about[1]) || []).filter(([id, , gone]) => !gone || id !== done); // a box is called as its verb
    for (const [id, typed] of one ? left : []) {
      const box = $('#' + id);
      if (box && !box.value) box.value = typed;
    }
    keep('words.' + about[1], !one && left.length && left);
  }
  addEventListener('pagehide', () => {
    const typed = words().filter((box) => box.value).map((box) => [box.id, box.value, box.form === sent]);
    if (one) keep('words.' + one, typed.length && typed);
    if ($('#rows')) keep('place', [location.pathname + location.search, here() < 0 ? '' : items()[at].id]);
  });
  addEventListener('beforeunload', (e) => {
    const open = $$('main form:has(textarea) :is(textarea, input:not([type=hidden], [type=file]))').some((el) => !el.closest('.write') && el.value !== el.defaultValue);
    if (!sent && (open || $('.summary, .unsaved') && $('main form textarea'))) e.preventDefault();
  });

  // What changes meanwhile. A page that nobody sees takes no connection; it asks once
  // it is seen.
  const live = $('#live');
  let line = null, broke = false, many = false, hiddenAt = 0, still = 0, pause = 1e3;
  const changed = new Map(), kinds = new Set(), own = new Set(), title = document.title;
  const shown = (page = document) => {
    const out = new Map(), one = $('#case', page);
    for (const row of $$('#rows tbody tr', page)) out.set(row.id.slice(2), Number(row.dataset.v));
    if (one) out.set(one.dataset.case, Number(one.dataset.v));
    return out;
  };
  const lineOf = (id) => $('#c-' + id);
  const say = (text) => { $('span', live).textContent = text; $('button', live).hidden = text === ''; };
  const tell = () => {
    const n = changed.size, d = live.dataset;
    const what = n ? [...kinds].map((kind) => d[kind]).filter(Boolean) : [];
    document.title = (many ? '(…) ' : n ? `(${n}) ` : '') + title;
    say(many ? d.flood : n === 0 ? (broke ? d.lost : '') : [$('#case') ? d.this : n === 1 ? d.single : d.many.replace('#', n), ...what].join(' · '));
  };
  const calm = () => { changed.clear(); kinds.clear(); many = broke = false; tick(); tell(); };
  const hear = (e) => {
    const news = JSON.parse(e.data), known = shown();
    for (const c of news.changes || []) {
      if (one ? c.case !== one || c.version <= known.get(c.case) : known.get(c.case) >= c.version) continue;
      if (own.delete(c.case) && c.kind === 'holder') continue; // claimed here
      changed.set(c.case, c.version);
      kinds.add(c.kind);
      lineOf(c.case)?.classList.add('fresh');
    }
    many = many || (news.many && !one);
    tell();
  };
  const listen = () => {
    if (line || !live || document.hidden) return;
    line = new EventSource('/desk/events');
    line.addEventListener('news', hear);
    line.addEventListener('error', () => { // a refusal ends it for good, a cut does not
      broke = true;
      still ||= setTimeout(tell, 8e3);
      if (line.readyState === 2) { hush(); setTimeout(listen, pause); pause = Math.min(2 * pause, 6e4); }
    });
    line.addEventListener('ready', () => { clearTimeout(still); still = 0; pause = 1e3; if (broke) again(); });
    line.addEventListener('end', (e) => {
      hush();
      say(live.dataset.end);
      if (JSON.parse(e.data).out) { sent = true; location.reload(); }
    });
  };
  const hush = () => { line?.close(); line = null; };
  // The page as it is now; nothing of it is run.
  const fetchPage = (done) => {
    const ask = new XMLHttpRequest();
    ask.responseType = 'document';
    ask.open('GET', location.href);
    ask.addEventListener('load', () => (ask.status === 200 && ask.response && $('#live', ask.response) ? done(ask.response) : location.reload()));
    ask.addEventListener('error', () => { broke = true; tell(); });
    ask.send();
  };
  // The list and the counts of another reading; false if one has no list. Who stood on a
  // line still does.
  const take = (page) => {
    const was = items()[at] && focusOf(items()[at]).href, picked = new Set(boxes().filter((b) => b.checked).map((b) => b.value));
    const mine = $('#rows'), theirs = $('#rows', page);
    if (!mine !== !theirs) return false;
    const before = shown();
    if (mine) $('tbody', mine).replaceWith(document.importNode($('tbody', theirs), true));
    for (const id of ['counters', 'views']) $('#' + id).replaceWith(document.importNode($('#' + id, page), true));
    for (const b of boxes()) b.checked = picked.has(b.value);
    for (const [id, v] of shown()) if (before.get(id) !== v) lineOf(id).classList.add('fresh');
    if (batch) count();
    const there = items().findIndex((item) => focusOf(item).href === was);
    at = there >= 0 ? there : Math.max(0, Math.min(at, items().length - 1));
    rove();
    calm();
    return true;
  };
  // The case as it is now; what is being typed stays.
  const reread = (page) => {
    for (const part of ['.case-bar', '.case-head > h1', '.case-head .marks', '.side', '#timeline', '#entries']) {
      const mine = $(part), theirs = $(part, page);
      if (!mine || !theirs) { location.reload(); return; }
      if ($('.middle > [open]', mine)) $('.middle > *', theirs)?.toggleAttribute('open', true);
      mine.replaceWith(document.importNode(theirs, true));
    }
    $('#case').dataset.v = $('#case', page).dataset.v;
    for (const seen of $$('.write [name=seen]')) seen.value = $('#case').dataset.v;
    calm();
    rove();
  };
  const show = () => {
    fetchPage((page) => {
      if ($('#case')) { reread(page); return; }
      if (!take(page)) { location.reload(); return; }
      $('#told').replaceChildren();
      if (document.activeElement === document.body || live.contains(document.activeElement)) go(at);
    });
  };
  const again = () => fetchPage((page) => { // what changed while nobody looked
    const known = shown();
    for (const [id, v] of shown(page)) if (known.get(id) !== v) changed.set(id, v);
    broke = false;
    tell();
  });
  if (live) {
    $('button', live).addEventListener('click', show);
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) { hush(); hiddenAt = Date.now(); return; }
      if (Date.now() - hiddenAt > 2000) again();
      listen();
    });
    addEventListener('pagehide', hush);
    addEventListener('pageshow', listen);
  }

  // Do or go by name: whatever can be pressed on the page, by its own text.
  const text = $('#palette-text'), list = $('#palette-list');
  list.setAttribute('role', 'listbox');
  const does = (el) => el.matches('button, a[href*="/do/"]');
  let found = [], chosen = 0;
  const names = () => {
    const seen = new Set(), out = [];
    const all = $$('header .nav a[href], main a[href], main button, .alarms a[href]');
    for (const el of all.filter(does).concat(all.filter((el) => !does(el)))) {
      const line = el.closest('#rows th') || el; // found by what stands under the title too
      const name = (el.ariaLabel || [...line.childNodes].map((n) => (n.matches?.('.count') ? '' : n.textContent)).join(' ')).replace(/\s+/g, ' ').trim();
      const key = name + (el.href || '');
      if (!name || el.hidden || el.disabled || el.closest('#live, .entry-do, [role=search] button, td button') || el.hash === '#move' || seen.has(key)) continue;
      seen.add(key);
      out.push({ el, name });
    }
    return out;
  };
  // The keys that do the same as an entry.
  const claims = '.batch button[value=claim], form[action*="/do/claim"] button, a[href*="/do/claim"]';
  const keysOf = (el) => {
    if (off.checked) return [];
    if (el.matches(claims)) return ['c'];
    const at = el.getAttribute('href');
    const key = Object.keys(places).find((k) => places[k] === at && $(`header a[href="${at}"]`));
    return key ? ['g', key] : [];
  };
  const mark = () => {
    const all = $$('[role=option]', list), li = all[chosen];
    all.forEach((o) => o.setAttribute('aria-selected', o === li));
    if (li) { text.setAttribute('aria-activedescendant', li.id); li.scrollIntoView({ block: 'nearest' }); } else text.removeAttribute('aria-activedescendant');
  };
  const fill = () => {
    const typed = text.value.trim(), words = typed.toLowerCase().split(/\s+/), where = (href) => make('a', { href });
    found = names().filter(({ name }) => words.every((w) => name.toLowerCase().includes(w))).slice(0, 50);
    if (/^[a-z]{2,6}-\d{4}-[a-z0-9]{4,}$/i.test(typed)) {
      found.push({ el: where('/desk/cases/' + encodeURIComponent(typed.toUpperCase())), name: palette.dataset.open.replace('#', typed.toUpperCase()) });
    }
    if (typed && $('header a[href="/desk/"]')) {
      found.push({ el: where('/desk/?q=' + encodeURIComponent(typed)), name: palette.dataset.search.replace('#', typed) });
    }
    list.replaceChildren(...found.flatMap(({ name, el }, i) => {
      const li = make('li', { id: 'palette-' + i, role: 'option' });
      li.append(make('span', { textContent: name }));
      for (const key of keysOf(el)) li.append(' ', make('kbd', { textContent: key }));
      li.addEventListener('click', () => run(i));
      const kind = does(el);
      if (i && kind === does(found[i - 1].el)) return li;
      return [make('li', { role: 'none', textContent: palette.dataset[kind ? 'do' : 'go'] }), li];
    }));
    // First what the case asks for; elsewhere, where to go.
    chosen = Math.max(0, found.findIndex(({ el }) => typed || (one ? el.matches('.move .main') : !does(el))));
    $('#palette-none').hidden = found.length > 0;
    mark();
  };
  const run = (i) => {
    const el = found[i]?.el;
    if (!el) return;
    palette.close();
    el.closest('details')?.setAttribute('open', '');
    // Shown before it is told.
    if (el.form?.dataset.tells) location.assign(el.form.action); else el.click();
  };
  const open = () => { text.value = ''; fill(); palette.showModal(); text.focus(); };
  text.addEventListener('input', fill);
  text.addEventListener('keydown', (e) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (by && found.length) { e.preventDefault(); chosen = (chosen + by + found.length) % found.length; mark(); }
    if (e.key === 'Enter') { e.preventDefault(); run(chosen); }
  });

  // The case beside this one in its list.
  const beside = (rel) => $(`.place [rel=${rel}]`)?.click(), back = $('.place a');
  if (back) { back.hash = ''; keep('place', [back.pathname + back.search, 'c-' + one]); } // the list goes there by itself
  let from = [];
  const focus = (s) => {
    const el = $(s);
    if (!el) return;
    from = [el.form, document.activeElement];
    el.focus();
    el.scrollIntoView({ block: 'center' });
  };
  // Back to where the key was pressed, or else to what the field stands in.
  const leave = (field) => {
    const row = field.closest('#rows tr'), box = field.form || field.parentElement, [at, was] = from;
    const to = row ? focusOf(row) : at === box && was.isConnected && was !== document.body ? was : box;
    if (to === box) box.tabIndex = -1;
    to.focus({ preventScroll: to === box });
  };
  const places = { q: '/desk/', m: '/desk/mail', r: '/desk/record', c: '/desk/components', p: '/desk/policy', t: '/desk/team', o: '/desk/outbox', a: '/desk/audit', i: '/desk/me' };
  const deeds = {
    j: () => move(1), k: () => move(-1), J: () => beside('next'), K: () => beside('prev'), o: () => { const item = items()[at]; if (item) focusOf(item).click(); },
    x: pick, c: claim, '/': () => focus('#find'), f: () => { $('.choose')?.setAttribute('open', ''); focus('.choose :is(select, input)'); }, m: () => focus('#message'), n: () => focus('#note'),
    r: () => { if (live && !$('button', live).hidden) show(); }, ':': open, '?': () => keys.showModal(),
  };
  let going = 0;
  document.addEventListener('keydown', (e) => {
    if (e.defaultPrevented || e.isComposing) return;
    if ((e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === 'k' && !keys.open) {
      e.preventDefault();
      if (!palette.open) open();
      return;
    }
    if (e.key === 'Escape' && e.target.matches?.('main :is(input, textarea, select)')) { leave(e.target); return; }
    const field = e.target.closest?.('input:not([type=checkbox]), textarea, select, [contenteditable], dialog');
    if (field || e.ctrlKey || e.metaKey || e.altKey) return;
    if ((e.key === 'ArrowDown' || e.key === 'ArrowUp') && here() >= 0) { e.preventDefault(); move(e.key === 'ArrowDown' ? 1 : -1); return; }
    if (off.checked) return;
    if (going && e.timeStamp - going < 1500) {
      going = 0;
      const link = places[e.key] && $(`header a[href="${places[e.key]}"]`), list = e.key === 'q' && !$('#rows') && kept('place');
      if (link) { e.preventDefault(); if (list) location.assign(list[0]); else link.click(); }
      return;
    }
    going = e.key === 'g' ? e.timeStamp : 0;
    if (Object.hasOwn(deeds, e.key)) { e.preventDefault(); deeds[e.key](); }
  });
  const place = kept('place'), row = location.hash.slice(1) || place?.[0] === location.pathname + location.search && place[1];
  const led = items().findIndex((item) => item.id === row);
  if (led >= 0) go(led); else rove();
  listen();
})();
