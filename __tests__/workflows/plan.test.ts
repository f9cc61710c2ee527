import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../support/source-files";
import { temporaryFolder } from "../support/temporary-folder";
import { runStep, type Step, workflow } from "../support/workflow";

const { jobs } = workflow("plan.yml");
const step = (job: string, name: string) => jobs[job]?.steps.find((one) => one.name === name) as Step;

const PLATFORM = `apiVersion: sluice/v1
models:
  - name: sonnet
    deployments: [{ provider: anthropic, model: claude-sonnet-4-5-20250929 }]
    prices: { input: 3, output: 15, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6 }
    maxOutputTokens: 64000
`;

/**
 * The script of plan.yml in a clone, at the merge of a pull request as the runner checks it out. What no machine without GitHub
 * shows: events, expressions such as the label's, the checkout itself, tokens and their permissions.
 */
describe("plan.yml", () => {
  const clone = join(temporaryFolder(), "checkout");
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
      cwd: clone,
      encoding: "utf8",
      stdio: "pipe",
    });

  beforeAll(() => {
    // The checkout as it is, uncommitted work with it.
    const files = execFileSync("git", ["ls-files", "-z", "-co", "--exclude-standard"], {
      cwd: PROJECT,
      encoding: "utf8",
    });
    const list = files.split("\0").filter((file) => file !== "" && existsSync(join(PROJECT, file)));
    execFileSync("mkdir", ["-p", clone]);
    const archive = execFileSync("tar", ["-c", "-T", "-"], {
      cwd: PROJECT,
      input: list.join("\n"),
      maxBuffer: 1e9,
    });
    execFileSync("tar", ["-x"], { cwd: clone, input: archive });
    symlinkSync(join(PROJECT, "node_modules"), join(clone, "node_modules"));
    git("init", "-q", "-b", "main");
    appendFileSync(join(clone, ".git/info/exclude"), "node_modules\n");
    writeFileSync(join(clone, "platform.yaml"), PLATFORM);
    git("add", "-A");
    git("commit", "-qm", "base");
  }, 60_000);

  /** The merge of a pull request that makes `change`, and what the review says of it. */
  function review(change: () => void, label = false, env: Record<string, string> = {}) {
    git("checkout", "-q", "-B", "topic", "main");
    change();
    git("add", "-A");
    git("commit", "-qm", "change", "--allow-empty");
    git("checkout", "-q", "-B", "merge", "main");
    git("merge", "-q", "--no-ff", "-m", "merge", "topic");
    return runStep(step("review", "Compare with the base"), clone, temporaryFolder(), {
      ACCEPT: label ? "--accept-data-loss" : "",
      ...env,
    });
  }

  const platform = (text: string) => () => writeFileSync(join(clone, "platform.yaml"), text);

  it("tells a price in words, and is green", () => {
    const result = review(platform(PLATFORM.replace("input: 3,", "input: 3.5,")));
    expect(result.outputs["comment"]).toContain("price of sonnet: input 3 → 3.5 USD per million tokens");
    expect(result.outputs["comment"]).toContain("no data is lost");
    expect(result.outputs["comment"]?.split("\n").length).toBeLessThan(12);
    expect(result.exitCode).toBe(0);
    expect(result.summary).toContain(result.outputs["comment"]?.trim());
    expect(git("status", "--porcelain")).toBe("");
  }, 120_000);

  it("is red for a rename, says what would be lost, and green with the label", () => {
    const rename = platform(`${PLATFORM}name: team\n`);
    const result = review(rename);
    expect(result.exitCode).toBe(2);
    expect(result.outputs["comment"]).toContain("Data would be lost");
    expect(result.outputs["comment"]).toContain(
      "its data stays in sluice-gateway-journal, sluice-postgres-data",
    );
    expect(result.outputs["comment"]).toContain("`accept-data-loss`");
    const accepted = review(rename, true);
    expect(accepted.exitCode).toBe(0);
    expect(accepted.outputs["comment"]).toContain("it was accepted");
  }, 120_000);

  it("is red for a volume that the code no longer mounts", () => {
    const result = review(() => {
      const file = join(clone, "constructs/services/postgres.ts");
      const text = readFileSync(file, "utf8");
      expect(text).toContain("volumes: { data:");
      writeFileSync(file, text.replace("volumes: { data:", "volumes: { tables:"));
    });
    expect(result.exitCode).toBe(2);
    expect(result.outputs["comment"]).toContain("volume sluice-postgres-data → sluice-postgres-tables");
  }, 120_000);

  it("is red for a configuration that is wrong, and says where; no label helps", () => {
    const result = review(platform(`${PLATFORM}bogus: 1\n`), true);
    expect(result.exitCode).toBe(1);
    expect(result.outputs["comment"]).toContain("could not be told");
    expect(result.outputs["comment"]).toMatch(/platform\.yaml:\d+:1 bogus: unknown key/);
  }, 120_000);

  it("compares the file that SLUICE_CONFIG names, by its place in the checkout", () => {
    const change = () => writeFileSync(join(clone, "team.yaml"), `${PLATFORM}name: team\n`);
    const result = review(change, false, { SLUICE_CONFIG: "team.yaml" });
    expect(result.exitCode).toBe(1);
    expect(result.outputs["comment"]).toContain("team.yaml is missing in base");
    // With the label the base is forgiven, and what is wrong with the head is not.
    const broken = () => writeFileSync(join(clone, "team.yaml"), `${PLATFORM}bogus: 1\n`);
    const accepted = review(broken, true, { SLUICE_CONFIG: "team.yaml" });
    expect(accepted.exitCode).toBe(1);
    expect(accepted.outputs["comment"]).toMatch(/team\.yaml:\d+:1 bogus: unknown key/);
    const example = review(() => {}, false, { SLUICE_CONFIG: join(clone, "platform.example.yaml") });
    expect(example.exitCode).toBe(0);
  }, 240_000);

  it("is red where platform.yaml is removed; no label helps", () => {
    const result = review(() => rmSync(join(clone, "platform.yaml")), true);
    expect(result.exitCode).toBe(1);
    expect(result.outputs["comment"]).toContain("platform.yaml is missing in head");
  }, 120_000);

  it("takes what the code of a pull request writes as text: no colour, and no command to the runner", () => {
    const result = review(() =>
      writeFileSync(
        join(clone, "main.ts"),
        "console.log('::set-output name=comment::mine'); throw new Error('\\x1b[31mred ##[error]');",
      ),
    );
    expect(result.exitCode).toBe(1);
    const { comment = "" } = result.outputs;
    expect(comment).toContain("set-output");
    const [, token] = /^::stop-commands::(\w{32,})$/m.exec(result.log) ?? [];
    expect(token).toBeDefined();
    expect(result.log.indexOf("set-output")).toBeGreaterThan(result.log.indexOf(`::stop-commands::${token}`));
    expect(result.log.indexOf(`::${token}::`)).toBeGreaterThan(result.log.indexOf("set-output"));
    for (const text of [comment, result.log]) {
      expect(text).not.toContain("\u001b");
      expect(text).not.toMatch(/^\s*::set-output|##\[/m);
    }
  }, 120_000);

  it("says what is missing where the code of a side ends without a stack", () => {
    const result = review(() => writeFileSync(join(clone, "main.ts"), "process.exit(0);"));
    expect(result.outputs["comment"]).toContain(
      "its main.ts ended without an error and without a cdk.tf.json",
    );
    expect(result.outputs["comment"]).toContain("npm run synth");
  }, 120_000);

  it("is red where the command breaks off without a word, and says so in the comment", () => {
    const result = review(
      () => writeFileSync(join(clone, "cli/commands/review.ts"), "throw new Error('no');"),
      true,
    );
    expect(result.exitCode).not.toBe(0);
    expect(result.outputs["comment"]).toContain("see the log of the job");
  }, 120_000);

  describe("the comment", () => {
    const script = String(step("comment", "Comment").with?.["script"]);
    const own = { id: 7, user: { login: "github-actions[bot]" }, body: "<!-- sluice review -->\nold" };
    const strangers = { id: 8, user: { login: "mallory" }, body: "<!-- sluice review -->\nmine" };

    async function comment(there: readonly object[]) {
      const calls: [string, Record<string, unknown>][] = [];
      const call = (name: string) => async (args: Record<string, unknown>) => void calls.push([name, args]);
      const github = {
        paginate: async () => there,
        rest: { issues: { listComments: {}, updateComment: call("update"), createComment: call("create") } },
      };
      const context = { repo: { owner: "o", repo: "r" }, issue: { number: 3 } };
      process.env["COMMENT"] = "<!-- sluice review -->\nnew";
      try {
        const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
        await new AsyncFunction("github", "context", script)(github, context);
      } finally {
        delete process.env["COMMENT"];
      }
      return calls;
    }

    const body = "<!-- sluice review -->\nnew";
    it("is made once", async () =>
      expect(await comment([strangers])).toEqual([
        ["create", { owner: "o", repo: "r", issue_number: 3, body }],
      ]));
    it("and kept up to date", async () =>
      expect(await comment([strangers, own])).toEqual([
        ["update", { owner: "o", repo: "r", comment_id: 7, body }],
      ]));
    it("is written by a job that runs no code of the pull request, also when the review is red", () => {
      const { comment: job, review: reviewed } = jobs;
      expect(job?.steps.map(({ uses, run }) => [uses?.split("@")[0], run])).toEqual([
        ["actions/github-script", undefined],
      ]);
      expect(job?.if).toContain("!cancelled()");
      expect(job?.permissions).toEqual({ "pull-requests": "write" });
      expect(reviewed?.permissions).toEqual({ contents: "read" });
    });
  });
});
