// The files for each host: what stands in them is what was asked for, whatever it holds, as the form's own reader sees it.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { commandLine } from "../../appliance/parameter-words.ts";
import { Parameters } from "../../appliance/parameters.ts";
import { PARAMETERS } from "../../image/boot-config.ts";
import { OPTIONS, planOf } from "../../image/deploy/deploy.ts";
import { commandLineWord, shell } from "../../image/deploy/forms.ts";
import { HOSTS } from "../../image/deploy/hosts.ts";
import { type Deployment, macOf, tapOf } from "../../image/deploy/plan.ts";
import { which } from "../../tools/setup.ts";

/** What a URL may hold, and XML, shells, systemd and xl take for something else. */
const REMOTE = "--remote=https://git.example/it's%20a&b/$HOME;(id)!n.git#main";
interface Pods {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly { readonly args: readonly string[]; readonly securityContext: object }[];
      };
    };
  };
}

const SECRET = "--hook-secret=open sesame";

const folder = mkdtempSync(join(tmpdir(), "epiphyte-deploy-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function deploy(host: string, ...words: string[]): Promise<Deployment> {
  const { plan } = await planOf([host, ...words]);
  return HOSTS[host]!(plan);
}

function file({ files }: Deployment, ending: string): string {
  const found = files.find(({ name }) => name.endsWith(ending));
  if (found === undefined) throw new Error(`no ${ending} among ${files.map(({ name }) => name).join(", ")}`);
  return found.text;
}

/** As the machine reads it. */
function remoteOf(line: string): string | undefined {
  const read = new Parameters([commandLine(line)], PARAMETERS);
  expect(read.errors).toEqual([]);
  return read.list("remote")[0];
}

describe("every host", () => {
  const words = ["--remote=http://git.example/blog.git#main", "--dns=10.96.0.10", SECRET, "--name=blog-one"];
  for (const host of Object.keys(HOSTS).filter((one) => one !== "kubevirt"))
    test(`${host}: secrets stand in no file but those for their owner`, async () => {
      const { files, disk, steps } = await deploy(host, ...words);
      expect(steps.length).toBeGreaterThan(0);
      for (const { text, secret } of files) if (secret !== true) expect(text).not.toContain("sesame");
      const kept = files.some(({ text, secret }) => secret === true && text.includes(`${SECRET}\n`));
      expect(kept || disk !== undefined).toBe(true);
    });

  test("kubevirt, which has no such file, refuses them", async () => {
    await expect(deploy("kubevirt", ...words)).rejects.toThrow("no secrets");
  });

  test("no option of ours is a parameter of the machine", () => {
    expect(OPTIONS.filter((name) => Object.hasOwn(PARAMETERS, name))).toEqual([]);
  });
});

describe("a URL that holds what each form knows", () => {
  test("the command line", () => {
    expect(remoteOf(commandLineWord(REMOTE))).toBe(REMOTE.slice("--remote=".length));
  });

  test.skipIf(which("virt-xml-validate") === undefined)(
    "libvirt (needs virt-xml-validate): its schema, and the text in it",
    async () => {
      for (const host of ["libvirt", "libvirt-disk"]) {
        const text = file(await deploy(host, REMOTE, SECRET), ".xml");
        const path = join(folder, `${host}.xml`);
        writeFileSync(path, text);
        execFileSync("virt-xml-validate", [path, "domain"], { stdio: "pipe" });
        if (host === "libvirt") {
          const line = execFileSync("xmllint", ["--xpath", "string(/domain/os/cmdline)", path], { encoding: "utf8" });
          expect(remoteOf(line)).toBe(REMOTE.slice("--remote=".length));
        }
      }
    },
  );

  test.skipIf(which("systemd-analyze") === undefined)(
    "systemd (needs systemd-analyze): its own check, and two beside each other",
    async () => {
      const paths: string[] = [];
      for (const name of ["one", "two"]) {
        const path = join(folder, `${name}.service`);
        // What need not be installed here.
        const text = file(await deploy("systemd", REMOTE, SECRET, `--name=${name}`), ".service");
        writeFileSync(path, text.replaceAll(/\/usr\/(s?bin\/(qemu-system-x86_64|socat|ip))/g, "/bin/true"));
        paths.push(path);
      }
      const said = execFileSync("systemd-analyze", ["verify", "--man=no", ...paths], {
        encoding: "utf8",
        stdio: "pipe",
      });
      expect(said).toBe("");
      expect(macOf("one")).not.toBe(macOf("two"));
    },
  );

  test("Firecracker: JSON", async () => {
    const text = file(await deploy("firecracker", REMOTE), ".json");
    const config = JSON.parse(text) as { "boot-source": { boot_args: string } };
    expect(remoteOf(config["boot-source"].boot_args)).toBe(REMOTE.slice("--remote=".length));
  });

  test("KubeVirt: YAML", async () => {
    const documents = parseAllDocuments(file(await deploy("kubevirt", REMOTE), ".yaml"));
    expect(documents.map((one) => String(one.get("kind")))).toEqual([
      "VirtualMachinePool",
      "Service",
      "Ingress",
      "PodDisruptionBudget",
    ]);
    const path = ["spec", "virtualMachineTemplate", "spec", "template", "spec", "domain", "firmware", "kernelBoot"];
    expect(remoteOf(String(documents[0]!.getIn([...path, "kernelArgs"])))).toBe(REMOTE.slice("--remote=".length));
  });

  test("Kubernetes: YAML, whose pods need no privilege but the first container's; the secret apart", async () => {
    const deployment = await deploy("kubernetes", REMOTE, "--dns=10.96.0.10", SECRET);
    const documents = parseAllDocuments(file(deployment, "epiphyte.yaml"));
    expect(documents.map((one) => String(one.get("kind")))).toEqual([
      "Deployment",
      "Service",
      "Ingress",
      "PodDisruptionBudget",
    ]);
    const { args, securityContext } = (documents[0]!.toJS() as Pods).spec.template.spec.containers[0]!;
    expect(args).toContain(REMOTE);
    expect(securityContext).toMatchObject({ runAsNonRoot: true, allowPrivilegeEscalation: false });
    const secret = parseAllDocuments(file(deployment, "-secret.yaml"))[0]!;
    expect(secret.getIn(["stringData", "parameters.txt"])).toBe(`${SECRET}\n`);
    await expect(deploy("kubernetes", "--remote=http://git.example/b.git")).rejects.toThrow(/--dns is missing/);
    await expect(deploy("kubernetes", REMOTE, "--dns=10.96.0.10", "--port=81")).rejects.toThrow(/port 80/);
  });

  test("shell scripts: what sh makes of the words", async () => {
    const said = execFileSync("sh", ["-c", `printf %s ${shell(REMOTE)}`], { encoding: "utf8" });
    expect(said).toBe(REMOTE);
    for (const host of ["cloud-hypervisor", "proxmox", "bhyve", "podman"]) {
      const path = join(folder, `${host}.sh`);
      writeFileSync(path, file(await deploy(host, REMOTE), ".sh"));
      execFileSync("sh", ["-n", path], { stdio: "pipe" });
    }
  });

  test("Xen: both kinds of quotes are no text of xl's, and go into the file", async () => {
    const deployment = await deploy("xen", REMOTE);
    expect(file(deployment, ".cfg")).not.toContain("extra=");
    expect(file(deployment, ".txt")).toBe(`${REMOTE}\n`);
    expect(file(await deploy("xen", "--remote=http://a.example/b.git"), ".cfg")).toContain(
      'extra="--remote=http://a.example/b.git"',
    );
  });
});

describe("what is wrong is said before anything is written", () => {
  const cases: ReadonlyArray<readonly [words: readonly string[], said: RegExp]> = [
    [["nowhere"], /nowhere: no such host/],
    [[], /which host\?/],
    [["libvirt"], /--remote is missing/],
    [["libvirt", "--remot=http://a.example/b.git"], /did you mean --remote\?/],
    [["libvirt", "--remote=http://a.example/b.git", "--name=Two Blogs"], /--name=Two Blogs/],
    [["libvirt", "--remote=http://a.example/b.git", "--memory=8"], /--memory=8/],
    [["libvirt", "--remote=http://a.example/b.git", "--bridge=a b"], /--bridge=a b/],
    [["libvirt", "--remote=http://a.example/b.git", "--folder=here"], /--folder=here/],
    [["libvirt", "--parameters=nowhere.txt"], /nowhere.txt cannot be read/],
  ];
  for (const [words, said] of cases)
    test(words.join(" "), async () => {
      await expect(planOf(words)).rejects.toThrow(said);
    });
});

test("a long name has an interface of its own, short enough for Linux", () => {
  const [a, b] = [tapOf("a-very-long-name-of-a-blog-1"), tapOf("a-very-long-name-of-a-blog-2")];
  expect(a.length).toBeLessThanOrEqual(15);
  expect(a).not.toBe(b);
});
