// Looks at files before they are sent: how large each is and how many there are. The server looks again; this only spares
// the wait. What is wrong stands beside the field, and nothing that was typed is touched.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  for (const field of document.querySelectorAll("input[type=file][data-mib]")) {
    const told = Object.assign(document.createElement("p"), { className: "fault", id: field.id + "-look" });
    told.setAttribute("role", "alert");
    field.after(told);
    const lost = field.form.querySelector(".lost");
    const look = () => {
      if (lost) lost.hidden = field.files.length > 0; // what was lost before is chosen again
      const large = [...field.files].filter((f) => f.size > field.dataset.mib * 2 ** 20).map((f) => f.name.slice(0, 120) + " " + field.dataset.large);
      if (field.files.length > field.dataset.count) large.push(field.dataset.many);
      told.replaceChildren(...large.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
      field.toggleAttribute("aria-invalid", large.length > 0);
      if (large.length) field.setAttribute("aria-invalid", "true");
      return !large.length;
    };
    field.setAttribute("aria-describedby", (field.getAttribute("aria-describedby") || "") + " " + told.id);
    field.addEventListener("change", look);
    field.form.addEventListener("submit", (e) => {
      const b = e.submitter, kind = b?.formEnctype || field.form.enctype;
      if (kind !== "multipart/form-data" || b?.lang || look()) return;
      e.preventDefault();
      field.focus();
    });
  }
});
