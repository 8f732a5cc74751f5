// Talks to the device that keeps a passkey, and posts what it answers with the
// form that asked. Nothing is fetched: the options stand on the page.
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form) {
    return;
  }
  const part = (name) => form.querySelector("[data-" + name + "]");
  const show = (why) => {
    for (const one of form.querySelectorAll("[data-failed]")) {
      one.hidden = one.dataset.failed !== why;
    }
    part("wait").hidden = why !== "";
    part("again").hidden = why === "";
  };
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join(""))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const create = async (o) => {
    const made = await navigator.credentials.create({
      publicKey: { ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: named(o.excludeCredentials) },
    });
    const r = made.response;
    return [made, { attestationObject: text(r.attestationObject), transports: r.getTransports ? r.getTransports() : [] }];
  };
  const get = async (o) => {
    const shown = await navigator.credentials.get({
      publicKey: { ...o, challenge: bytes(o.challenge), allowCredentials: named(o.allowCredentials) },
    });
    const r = shown.response;
    const out = { authenticatorData: text(r.authenticatorData), signature: text(r.signature) };
    if (r.userHandle) {
      out.userHandle = text(r.userHandle);
    }
    return [shown, out];
  };

  const whys = { InvalidStateError: "known", NotAllowedError: "refused", AbortError: "refused", SecurityError: "place" };
  const ask = async () => {
    if (!window.PublicKeyCredential) {
      show("unsupported");
      return;
    }
    show("");
    try {
      const options = JSON.parse(form.dataset.options);
      const [key, response] = await (form.dataset.passkey === "create" ? create(options) : get(options));
      response.clientDataJSON = text(key.response.clientDataJSON);
      part("answer").value = JSON.stringify({
        id: key.id, rawId: text(key.rawId), type: key.type, authenticatorAttachment: key.authenticatorAttachment || undefined,
        clientExtensionResults: key.getClientExtensionResults(), response,
      });
      form.submit();
    } catch (problem) {
      show(whys[problem.name] || "failed");
    }
  };
  form.addEventListener("submit", (e) => {
    e.preventDefault(); // it is sent when there is an answer
    ask();
  });
  ask();
})();
