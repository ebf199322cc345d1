import assert from "node:assert/strict";
import { test } from "node:test";
import { markdown } from "../../web/app/text/parser.js";

const NEVER = [
  "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](data:text/html,<script>alert(1)</script>)",
  "![x](javascript:alert(1))", "<javascript:alert(1)>", "[x](vbscript:x)", "[x](&#106;avascript:alert(1))", '[x](https://a.b/" onclick="alert(1))', "<a href='javascript:alert(1)'>x</a>",
];
for (const text of NEVER) {
  test(`${text} becomes nothing that runs`, () => {
    const html = markdown.render(text);
    assert.doesNotMatch(html, /<(script|img|svg|iframe|object)\b/i);
    assert.doesNotMatch(html, /(href|src)="\s*(javascript|data|vbscript|file):/i);
    assert.doesNotMatch(html, /<[^>]* on\w+=/i);
  });
}

test("a remote picture becomes a link that says what it shows", () => {
  const html = markdown.render("![a cat](https://example.org/cat.png)");
  assert.match(html, /<a href="https:\/\/example\.org\/cat\.png"[^>]*>Picture: a cat<\/a>/);
});

test("links open elsewhere and tell nothing of where they were", () => {
  assert.match(markdown.render("https://example.org"), /target="_blank" rel="noopener noreferrer nofollow"/);
});

test("a table's alignment is a class, for styles in attributes are not allowed", () => {
  const html = markdown.render("| a |\n|--:|\n| 1 |");
  assert.match(html, /<td class="right">/);
  assert.doesNotMatch(html, /style=/);
});

test("headings stand below those of the page", () => assert.match(markdown.render("# Title"), /<h3>/));
