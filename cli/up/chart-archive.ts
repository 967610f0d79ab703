import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { MountproofError } from "../../core/index.ts";
import { type ChartIgnore, chartFiles } from "./chart-files.ts";

const BLOCK = 512;
/** Charts have no times of their own: the same files are the same archive. */
const TIME = 0;

/**
 * A chart's folder as `helm package` packs it: a gzipped tar with the chart's name as its top folder.
 * @throws MountproofError `invalid_argument` for a path longer than an archive holds
 */
export async function packChart(folder: string, chart: string, isIgnored: ChartIgnore): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (const name of await chartFiles(folder, isIgnored)) {
    const content = await readFile(join(folder, name));
    parts.push(headerOf(join(chart, name), content.length), content, padding(content.length));
  }
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]));
}

/** A ustar header (POSIX.1-1988): fixed fields, numbers in octal, a checksum over the header itself. */
function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, "0")}\0`;
  const [prefix, rest] = splitName(name);
  header.write(rest, 0, 100);
  header.write(octal(0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(TIME, 12), 136);
  header.write(" ".repeat(8), 148);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  header.write(prefix, 345, 155);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

/** A long path is cut at a slash: 155 bytes before it, 100 behind. */
function splitName(name: string): [prefix: string, rest: string] {
  if (Buffer.byteLength(name) <= 100) return ["", name];
  for (let at = name.indexOf("/"); at !== -1; at = name.indexOf("/", at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)];
    if (Buffer.byteLength(rest) <= 100 && Buffer.byteLength(prefix) <= 155) return [prefix, rest];
  }
  throw new MountproofError("invalid_argument", {
    message: `the chart's file "${name}" has too long a path to be packed`,
  });
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}
