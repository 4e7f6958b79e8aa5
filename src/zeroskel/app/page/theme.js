// Before the first paint: the colours that were chosen last time (else those of the system).
try {
  const chosen = localStorage.getItem("zeroskel.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch (error) {
  console.info("the theme is not kept:", error.message);
}
