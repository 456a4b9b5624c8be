// Draws a BPMN file and marks what is live, what is done and the element that a link points at.
(() => {
  const mark = (canvas, registry, ids, marker) => {
    ids.filter((id) => registry.get(id)).forEach((id) => canvas.addMarker(id, marker));
  };
  const words = (list) => (list || "").split(" ").filter(Boolean);

  const draw = async (frame) => {
    const loading = frame.querySelector(".loading");
    try {
      const answer = await fetch(frame.dataset.bpmn, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(answer.status);
      const viewer = new BpmnJS({ container: frame });
      await viewer.importXML(await answer.text());
      loading.remove();
      const canvas = viewer.get("canvas");
      const registry = viewer.get("elementRegistry");
      mark(canvas, registry, words(frame.dataset.done), "is-done");
      mark(canvas, registry, words(frame.dataset.live), "is-live");
      mark(canvas, registry, words(frame.dataset.here), "is-here");
      canvas.zoom("fit-viewport", "auto");
      // A long main line shrinks to a thread on a phone: start readable, at the live step.
      if (canvas.zoom() < 0.5) {
        canvas.zoom(0.6);
        const first = [...words(frame.dataset.live), ...words(frame.dataset.here)].map((id) => registry.get(id)).find(Boolean);
        if (first) canvas.scrollToElement(first, 80);
        else canvas.scroll({ dx: 20 - canvas.viewbox().inner.x * -0.6, dy: 0 });
      }
      // The wheel belongs to the page; zooming is a button or ctrl and wheel.
      const tools = document.createElement("div");
      tools.className = "drawing-tools";
      for (const [icon, label, step] of [["plus", "+", 1.25], ["minus", "−", 0.8], ["maximize", "⤢", 0]]) {
        const button = document.createElement("button");
        button.type = "button";
        button.setAttribute("aria-label", label);
        button.innerHTML = `<i class="ti ti-${icon}" aria-hidden="true"></i>`;
        button.addEventListener("click", () => (step ? canvas.zoom(canvas.zoom() * step) : canvas.zoom("fit-viewport", "auto")));
        tools.append(button);
      }
      frame.append(tools);
    } catch (problem) {
      loading.textContent = `! ${problem.message}`;
      loading.setAttribute("role", "alert");
    }
  };
  document.querySelectorAll("[data-bpmn]").forEach(draw);
})();
