// Draws docs/images/highlighting-{light,dark}.png: rules of an example, coloured by the TextMate grammar with the themes
// of VS Code, by Shiki and a Chromium without a screen. `node editors/picture.mjs`, after `npm ci --prefix editors/vscode`.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const require = createRequire(join(here, "vscode", "package.json"));
const { createHighlighter } = await import(pathToFileURL(require.resolve("shiki")));

const rules = (name) => readFileSync(join(here, "..", "examples", "b2b_saas", "rules", name), "utf8");
const statements = (text, ...begins) =>
  text.trim().split(/\n\n/).filter((part) => begins.some((begin) => part.startsWith(begin)));
const code = [
  ...statements(rules("vocabulary.mql"), "event visited", "segment ideal", "score"),
  ...statements(rules("rules.mql"), "visited pricing", "rule trial_alone", "rule fast_track", "rule recycle"),
  ...statements(rules("tests.mql"), 'test "two pricing'),
].join("\n\n");

const grammar = JSON.parse(readFileSync(join(here, "vscode", "syntaxes", "mql.tmLanguage.json"), "utf8"));
const themes = { light: "light-plus", dark: "dark-plus" };
const highlighter = await createHighlighter({ langs: [grammar], themes: Object.values(themes) });
const size = [800, 40 + 19 * code.split("\n").length];
const folder = mkdtempSync(join(tmpdir(), "picture-"));
try {
  for (const [name, theme] of Object.entries(themes)) {
    const shown = highlighter.codeToHtml(code, { lang: grammar.name, theme });
    const style = "body { margin: 0 } pre { margin: 0; padding: 20px 24px; font: 14px/19px 'DejaVu Sans Mono', monospace }";
    const page = join(folder, `${name}.html`);
    writeFileSync(page, `<!doctype html><meta charset="utf-8"><style>${style}</style>${shown}`);
    const picture = join(here, "..", "docs", "images", `highlighting-${name}.png`);
    execFileSync(process.env.CHROMIUM ?? "chromium", [
      "--headless",
      "--no-sandbox",
      "--hide-scrollbars",
      "--disable-lcd-text",
      `--window-size=${size}`,
      `--screenshot=${picture}`,
      pathToFileURL(page).href,
    ], { stdio: "ignore" });
  }
} finally {
  rmSync(folder, { recursive: true });
}
