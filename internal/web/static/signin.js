// Takes the code of a one-time link out of the address, where it came in the fragment, and
// puts it into the form of the page. From then on it stands neither in the address bar nor
// in what the tab goes back to. Without this the code is pasted into the same field.
"use strict";
(() => {
  const page = document.documentElement;
  const take = () => {
    const [, code] = /^#(?:link|code)=(.+)$/.exec(location.hash) || [];
    if (code) {
      history.replaceState(null, "", location.pathname + location.search);
      page.classList.add("came");
    }
    return code;
  };

  const fill = (code) => {
    const form = document.querySelector("form[data-came]");
    if (!form) {
      return;
    }
    const field = form.querySelector("[data-code]");
    field.value = code;
    if (form.dataset.go !== undefined) {
      form.submit(); // it only looks: what is used up waits for a button
    }
    if (field.type === "hidden") {
      return; // another link was opened in the same tab
    }
    field.type = "hidden";
    const what = document.createElement("p");
    what.textContent = form.dataset.came;
    form.querySelector(".field").replaceWith(what, field);
    form.querySelector("button").classList.add("main");
    for (const one of document.querySelectorAll("[data-ways], .by-link h2")) {
      one.remove();
    }
    if (form.dataset.other) {
      const other = document.createElement("a");
      other.href = location.pathname + location.search;
      other.textContent = form.dataset.other;
      form.querySelector(".actions").append(other);
    }
  };

  const code = take(); // before anything else could keep it
  addEventListener("DOMContentLoaded", () => {
    const home = document.querySelector("[data-home]");
    if (code) {
      fill(code);
    } else if (home) {
      location.replace(home.href);
    }
    addEventListener("hashchange", () => {
      const next = take();
      if (next) {
        fill(next);
      }
    });
  });
})();
