// Readers of text that find what does not belong in a repository: links to nowhere, paths of one machine, and comments
// that switch a rule off.
import { posix } from 'node:path';

/** Links of a Markdown file that lead to no file or section. `read` answers a file's text, null when there is none. */
export function brokenLinks(path: string, text: string, read: (path: string) => string | null): readonly string[] {
  const prose = withoutCode(text);
  const inline = [...prose.matchAll(/\]\(([^()\s]+)(?:\s+"[^"]*")?\)/g)];
  const references = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  return [...inline, ...references]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z][a-z+.-]*:/i.test(link))
    .flatMap((link) => {
      const [file = '', section] = link.split('#');
      const target = file === '' ? path : posix.join(posix.dirname(path), file);
      const found = file === '' ? text : read(target);
      if (found === null) return [`${path} leads to ${target}, which is not there`];
      const lost = section !== undefined && !sectionsOf(found).includes(section);
      return lost ? [`${path} leads to ${file === '' ? '' : target}#${section}, which is not there`] : [];
    });
}

/** Absolute paths that exist on somebody's machine only. */
export function foreignPaths(path: string, text: string): readonly string[] {
  const unix = /(?<![\w.:/-])\/(?:home|root|Users|tmp|mnt|opt|work|workspace|builds)\/[^\s)`'"]*/g;
  const windows = /\b[A-Z]:\\[^\s)`'"]*/g;
  return [...text.matchAll(unix), ...text.matchAll(windows)].map(([found]) => `${path} names ${found}`);
}

const waysOut = [
  /(?:\/\/|\/\*)\s*eslint[\s-]/,
  /@ts-(?:ignore|expect-error|nocheck)/,
  /(?:\/\/|\/\*)\s*prettier-ignore/,
  /\/\*\s*(?:istanbul|c8|v8) ignore/,
  /\b(?:TODO|FIXME|XXX)\b/,
  /\b(?:test|it|describe)\.(?:only|skip|todo)\b/,
  /\b(?:xtest|xit|xdescribe|fdescribe)\(/,
  /^(?:<{7}|>{7}) /,
];

/** Lines of code that switch a rule or a test off, or put something off. */
export function optOuts(path: string, text: string): readonly string[] {
  return text
    .split('\n')
    .map((line, at) => ({ line, at }))
    .filter(({ line }) => waysOut.some((way) => way.test(line)))
    .map(({ line, at }) => `${path}:${at + 1} ${line.trim()}`);
}

/** Anchors of a Markdown file's headings, as GitHub makes them. */
function sectionsOf(text: string): readonly string[] {
  return [...withoutBlocks(text).matchAll(/^#{1,6}\s+(.+?)\s*$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}

function withoutCode(text: string): string {
  return withoutBlocks(text).replaceAll(/`[^`\n]*`/g, '');
}

function withoutBlocks(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '');
}
