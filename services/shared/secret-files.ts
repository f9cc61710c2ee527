import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "./config-error";

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Largest file that counts as a secret, in bytes. */
const MAX_SECRET_BYTES = 64 * 1024;
/** Most secrets of a directory. */
const MAX_SECRETS = 200;
/** Reads of a directory that is replaced each time. */
const READS = 5;
/** What a file must be called to stand for a variable. Others are none of ours, such as those that a mount keeps for itself. */
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The secrets of a directory, as they were at one moment. */
export interface SecretFiles {
  /** Where they really are: another path after the directory has been replaced by way of a symbolic link. */
  readonly path: string;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * The variables of a process together with the files of `SECRETS_DIRECTORY`: a variable that is not set, or empty, is read from the file
 * of its name. Without `SECRETS_DIRECTORY` these are the variables as they are.
 * @throws ConfigError naming the directory or each file that cannot be used
 */
export function withSecretFiles(env: Environment): Environment {
  const directory = env["SECRETS_DIRECTORY"];
  return directory ? mergeSecrets(env, readSecretFiles(directory).values) : env;
}

/** Variables that are set, and those of `secrets` that are not. */
export function mergeSecrets(env: Environment, secrets: Environment): Environment {
  const isSet = ([, value]: [string, string | undefined]) => value !== undefined && value !== "";
  return { ...secrets, ...Object.fromEntries(Object.entries(env).filter(isSet)) };
}

/**
 * Reads the secrets of a directory, one a file, without the line break at its end; an empty file counts as absent. Where the path leads
 * through a symbolic link that is swapped meanwhile, all come from one side of the swap. No value is part of an error.
 * @throws ConfigError naming the directory or each file that cannot be used
 */
export function readSecretFiles(directory: string): SecretFiles {
  for (let read = 1; ; read += 1) {
    const before = resolve(directory);
    try {
      const values = readAll(before, directory);
      if (resolve(directory) === before) return { path: before, values };
    } catch (error) {
      // The old side may be gone in the middle of a swap.
      if (read === READS || resolve(directory) === before) throw error;
    }
    if (read === READS)
      throw new ConfigError([`SECRETS_DIRECTORY: ${directory} is replaced again and again while it is read`]);
  }
}

function resolve(directory: string): string {
  try {
    return realpathSync(directory);
  } catch (error) {
    throw unreadableDirectory(directory, error);
  }
}

/** @param shown the directory as it was given, for errors */
function readAll(directory: string, shown: string): Readonly<Record<string, string>> {
  const names = listNames(directory, shown);
  if (names.length > MAX_SECRETS)
    throw new ConfigError([
      `SECRETS_DIRECTORY: ${shown} holds ${names.length} files, of which at most ${MAX_SECRETS} are read; ` +
        "set it to a directory with nothing but secrets",
    ]);
  const secrets: Record<string, string> = {};
  const issues: string[] = [];
  for (const name of names) {
    const read = readSecretFile(join(directory, name));
    if ("fault" in read) issues.push(`${name}: the file ${join(shown, name)} ${read.fault}`);
    else if (read.value !== "") secrets[name] = read.value;
  }
  if (issues.length > 0) throw new ConfigError(issues);
  return secrets;
}

function listNames(directory: string, shown: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => VARIABLE_NAME.test(name))
      .sort();
  } catch (error) {
    throw unreadableDirectory(shown, error);
  }
}

function unreadableDirectory(directory: string, error: unknown): ConfigError {
  return new ConfigError([
    `SECRETS_DIRECTORY: ${directory} cannot be read (${codeOf(error)}); ` +
      "set it to the directory of the secrets, or remove it to read them from the environment",
  ]);
}

function readSecretFile(file: string): { readonly value: string } | { readonly fault: string } {
  let descriptor: number;
  try {
    // A pipe that nobody writes to would be waited for.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { fault: `cannot be read (${codeOf(error)}); let the user of this process read it` };
  }
  try {
    if (!fstatSync(descriptor).isFile())
      return { fault: "is not a regular file; put the secret into a file" };
    const bytes = Buffer.alloc(MAX_SECRET_BYTES + 1);
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(descriptor, bytes, length, bytes.length - length, null);
      if (count === 0) break;
      length += count;
    }
    if (length > MAX_SECRET_BYTES)
      return { fault: `is larger than ${MAX_SECRET_BYTES} bytes; a secret is one line` };
    return readValue(bytes.subarray(0, length));
  } catch (error) {
    return { fault: `cannot be read (${codeOf(error)})` };
  } finally {
    closeSync(descriptor);
  }
}

function readValue(bytes: Buffer): { readonly value: string } | { readonly fault: string } {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { fault: "is not UTF-8 text; write the secret as one line of text" };
  }
  const value = text.replace(/\r?\n$/, "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  if (/[\u0000-\u001f\u007f]/.test(value))
    return { fault: "has more than one line, or control characters; write the secret as one line of text" };
  return { value };
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "unreadable";
}
