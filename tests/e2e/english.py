"""English that is left on a page in another language: what is seen, and what is read aloud."""

from playwright.sync_api import Page

# Names, units and terms of the field, written alike in both languages. Letters, keys' caps and code are no words.
ALIKE = {
    "Overread", "English", "ada", "admin", "loop", "pool", "hospital", "reader", "one", "test", "phantom",
    "demo-teacher-a", "Dice", "NSD", "D-AUC", "iD-AUC", "px", "mm", "CSV", "SVG", "PNG", "FIX", "MEASURE", "SENTINEL",
    "HOLDOUT", "COCO", "JSON", "nnU-Net", "DICOM", "SEG", "Parquet", "WebDataset", "tar", "export",
    "Shift", "Alt", "Ctrl", "Esc", "Enter", "Del", "SIIM", "overread", "import", "make", "demo", "PA", "AP", "LL",
}  # fmt: skip
WALK = """() => {
  const found = [];
  const skip = (element) => element.closest('kbd, code, pre, script, style, [lang=en], [hidden]') !== null;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode;
    const box = parentElement.getClientRects().length || parentElement.closest('option');
    if (box && data.trim() && !skip(parentElement)) found.push(data);
  }
  for (const element of document.body.querySelectorAll('[aria-label], [placeholder], [title], [alt]')) {
    // What is inside a picture is not read aloud; its own name is.
    if (skip(element) || element.parentElement?.closest('[role=img]')) continue;
    for (const name of ['aria-label', 'placeholder', 'title', 'alt']) {
      if (element.hasAttribute(name)) found.push(element.getAttribute(name));
    }
  }
  return found;
}"""
WORDS = r"""(texts) => texts.flatMap((text) =>
  (text.match(/[A-Za-z][A-Za-z-]*[A-Za-z]/g) ?? []).map((word) => [word, text.trim().slice(0, 80)]))"""


def english(page: Page) -> list[str]:
    """Each text with an English word in it that no allowed name explains, with the word."""
    texts = page.evaluate(WALK)
    words: list[tuple[str, str]] = page.evaluate(WORDS, texts)
    return sorted({f"{word}: {text}" for word, text in words if word not in ALIKE and not word.startswith("phantom")})
