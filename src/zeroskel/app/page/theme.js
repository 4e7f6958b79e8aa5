// Applies the stored choice of light or dark colours before the first paint. Without one the system decides.
try {
  const chosen = localStorage.getItem("zeroskel.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch (error) {
  console.info("The choice of colours cannot be read:", error.message);
}
