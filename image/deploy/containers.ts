// For who runs containers: machines under KubeVirt, and the process target as a container of its own on a TAP.

import { stringify } from "yaml";
import { BuildError } from "../build/run.ts";
import { shell } from "./forms.ts";
import { at, type Deployment, mistakesIn, openWords, type Plan, QEMU_LINE, script, waysOf } from "./plan.ts";

/** Nobody in particular: a TAP that belongs to it can be opened without any privilege. */
const USER = 65_532;
/** Megabytes of the program itself and of what is not its heap. */
const PROGRAM_MB = 32;
/** Where the container finds the file of parameters. */
const PARAMETERS = "/parameters.txt";
/** Of arguments: a process has no line that could be cut. */
const ANY_LENGTH = Number.MAX_SAFE_INTEGER;
const IMAGE_FILE = "epiphyte-oci.tar";
/** The two ends of a pod's TAP: addresses that RFC 2544 keeps for benchmarks, and nobody routes. */
const POD_END = "198.18.0.1";
const OWN_END = "198.18.0.2";

/** Machines without a state of their own, as many as wanted, behind one Service; a new version rolls through. */
export function kubevirt(plan: Plan): Deployment {
  const labels = { app: plan.name };
  const { commandLine, file } = waysOf(plan, QEMU_LINE);
  // Nothing can be given as a file here, and the object is no place for a secret.
  if (file !== "") throw new BuildError("kubevirt passes on a command line of 4,000 characters, and no secrets");
  const machine = {
    running: true,
    template: {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 15,
        domain: {
          cpu: { cores: 1 },
          memory: { guest: `${plan.memory}Mi` },
          resources: { requests: { memory: `${plan.memory}Mi` } },
          firmware: {
            kernelBoot: {
              kernelArgs: commandLine,
              container: { image: `registry.example/${plan.name}-kernel:1`, kernelPath: "/boot/epiphyte.elf" },
            },
          },
          devices: { interfaces: [{ name: "default", masquerade: {}, ports: [{ port: 80 }] }], rng: {} },
        },
        networks: [{ name: "default", pod: {} }],
        readinessProbe: { httpGet: { port: 80, path: "/-/ready" }, periodSeconds: 5, failureThreshold: 2 },
      },
    },
  };
  const objects = [
    {
      apiVersion: "pool.kubevirt.io/v1alpha1",
      kind: "VirtualMachinePool",
      metadata: { name: plan.name },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        virtualMachineTemplate: { metadata: { labels }, spec: machine },
      },
    },
    ...service(plan.name, labels),
  ];
  return {
    files: [
      { name: `${plan.name}.yaml`, text: yamlOf(objects) },
      { name: "Containerfile", text: "FROM scratch\nCOPY epiphyte.elf /boot/epiphyte.elf\n" },
    ],
    steps: [
      `docker build -t registry.example/${plan.name}-kernel:1 .   # Containerfile, beside epiphyte.elf; name your registry`,
      `kubectl apply -f ${shell(at(plan, "yaml"))}`,
    ],
  };
}

/** A container on a TAP of the host, which is on its bridge: the process needs neither root nor a capability. */
export function podman(plan: Plan): Deployment {
  const { folder, name, tap } = plan;
  const { file } = waysOf(plan, ANY_LENGTH);
  const given =
    file === "" ? [] : [`--volume=${at(plan, "txt")}:${PARAMETERS}:ro`, `--env=EPIPHYTE_PARAMETERS=${PARAMETERS}`];
  const words = [
    ...["podman", "run", "--detach", `--name=${name}`, "--restart=always", "--network=host", "--device=/dev/net/tun"],
    ...[`--user=${USER}`, "--cap-drop=all", "--security-opt=no-new-privileges", "--read-only"],
    ...[`--env=EPIPHYTE_MEMORY=${plan.memory}`, ...given, '"$image"'],
    ...[`--tap=${tap}`, `--mac=${plan.mac}`, ...openWords(plan)],
  ];
  return {
    files: [
      script(plan, [
        `ip tuntap add dev ${tap} mode tap user ${USER} vnet_hdr`,
        `ip link set dev ${tap} master ${shell(plan.bridge)} up`,
        ...(file === "" ? [] : [`chown ${USER} ${shell(at(plan, "txt"))}`]),
        `image=$(podman load --quiet --input ${shell(`${folder}/${IMAGE_FILE}`)} | sed 's/^Loaded image: *//')`,
        words.map((word) => (word === '"$image"' ? word : shell(word))).join(" "),
      ]),
      ...(file === "" ? [] : [{ name: `${name}.txt`, text: file, secret: true }]),
    ],
    steps: [`sh ${shell(at(plan, "sh"))}   # with ${IMAGE_FILE} of a release in ${folder}`],
  };
}

/**
 * The process in pods of plain Kubernetes, where no node has to run machines: a first container with privileges makes the pod's TAP
 * and has port 80 of the pod lead there; the second has none.
 */
export function kubernetes(plan: Plan): Deployment {
  const { name } = plan;
  const labels = { app: name };
  const { file } = waysOf(plan, ANY_LENGTH);
  if (plan.words.some((word) => /^--(ipv4|ipv6|port|tls|acme)\b/.test(word)))
    throw new BuildError("kubernetes: the pod's own network leads to port 80 of the process; HTTPS is the Ingress's");
  const tap = "tap0";
  const way = [
    `ip tuntap add dev ${tap} mode tap user ${USER} vnet_hdr`,
    `ip addr add ${POD_END}/30 dev ${tap}`,
    `ip link set dev ${tap} up`,
    "echo 1 > /proc/sys/net/ipv4/ip_forward",
    `iptables -t nat -A PREROUTING ! -i ${tap} -p tcp --dport 80 -j DNAT --to-destination ${OWN_END}`,
    `iptables -t nat -A POSTROUTING ! -o ${tap} -s ${OWN_END} -j MASQUERADE`,
  ];
  const network = [
    `--tap=${tap}`,
    `--mac=${plan.mac}`,
    `--ipv4=${OWN_END}/30`,
    `--ipv4-gateway=${POD_END}`,
    "--ipv6=off",
  ];
  // The pod has a resolver, but no DHCP server that names it.
  const mistakes = mistakesIn([...network, ...plan.words], plan.text);
  if (mistakes.length > 0) throw new BuildError(`kubernetes: ${mistakes.join("\n")}`);
  const secret =
    file === "" ? [] : [{ name: "parameters", mountPath: PARAMETERS, subPath: "parameters.txt", readOnly: true }];
  const pod = {
    terminationGracePeriodSeconds: 15,
    automountServiceAccountToken: false,
    initContainers: [
      {
        name: "tap",
        image: "registry.example/iproute-iptables:1",
        command: ["sh", "-ec", way.join("\n")],
        securityContext: { privileged: true },
      },
    ],
    containers: [
      {
        name: "epiphyte",
        image: `registry.example/${name}:1`,
        args: [...network, ...openWords(plan)],
        env: [
          { name: "EPIPHYTE_MEMORY", value: String(plan.memory) },
          ...(file === "" ? [] : [{ name: "EPIPHYTE_PARAMETERS", value: PARAMETERS }]),
        ],
        ports: [{ name: "http", containerPort: 80 }],
        readinessProbe: { httpGet: { port: 80, path: "/-/ready" }, periodSeconds: 5, failureThreshold: 2 },
        resources: { requests: { memory: `${plan.memory}Mi` }, limits: { memory: `${plan.memory + PROGRAM_MB}Mi` } },
        securityContext: {
          runAsUser: USER,
          runAsNonRoot: true,
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: [{ name: "tun", mountPath: "/dev/net/tun" }, ...secret],
      },
    ],
    volumes: [
      { name: "tun", hostPath: { path: "/dev/net/tun", type: "CharDevice" } },
      ...(file === "" ? [] : [{ name: "parameters", secret: { secretName: name } }]),
    ],
  };
  const objects = [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name },
      spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
    },
    ...service(name, labels),
  ];
  return {
    files: [
      { name: `${name}.yaml`, text: yamlOf(objects) },
      ...(file === "" ? [] : [{ name: `${name}-secret.yaml`, text: yamlOf([secretOf(name, file)]), secret: true }]),
    ],
    steps: [
      `skopeo copy oci-archive:${IMAGE_FILE} docker://registry.example/${name}:1   # of a release; name your registry`,
      "# registry.example/iproute-iptables:1 is any image that has ip and iptables",
      ...(file === "" ? [] : [`kubectl apply -f ${shell(`${plan.folder}/${name}-secret.yaml`)}`]),
      `kubectl apply -f ${shell(at(plan, "yaml"))}`,
    ],
  };
}

function secretOf(name: string, text: string): object {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData: { "parameters.txt": text } };
}

/** The way to whatever carries the labels, and one of them at least while nodes are emptied. */
function service(name: string, labels: { readonly app: string }): readonly object[] {
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { selector: labels, ports: [{ name: "http", port: 80, targetPort: 80 }] },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name },
      spec: { defaultBackend: { service: { name, port: { name: "http" } } } },
    },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name },
      spec: { minAvailable: 1, selector: { matchLabels: labels } },
    },
  ];
}

function yamlOf(objects: readonly object[]): string {
  return objects.map((object) => stringify(object, { lineWidth: 0 })).join("---\n");
}
