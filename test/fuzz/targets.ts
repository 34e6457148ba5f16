// All fuzz targets. A new decoder: a file in targets/, a line here; then `npm run fuzz -- NAME --seconds=60 --keep`.

import type { Target } from "./target.ts";
import { acme } from "./targets/acme.ts";
import { acpi } from "./targets/acpi.ts";
import { address6 } from "./targets/address6.ts";
import { arp } from "./targets/arp.ts";
import { certificate } from "./targets/certificate.ts";
import { chunked } from "./targets/chunked.ts";
import { cidr } from "./targets/cidr.ts";
import { commit } from "./targets/commit.ts";
import { delta } from "./targets/delta.ts";
import { dhcp } from "./targets/dhcp.ts";
import { dhcpv6 } from "./targets/dhcpv6.ts";
import { dns } from "./targets/dns.ts";
import { e1000 } from "./targets/e1000.ts";
import { elf } from "./targets/elf.ts";
import { ethernet } from "./targets/ethernet.ts";
import { framePrint } from "./targets/frame-print.ts";
import { frontMatter } from "./targets/front-matter.ts";
import { fwCfg } from "./targets/fw-cfg.ts";
import { generatorText } from "./targets/generator-text.ts";
import { headerLines } from "./targets/header-lines.ts";
import { hostHeaders } from "./targets/host-headers.ts";
import { hostRedirects } from "./targets/host-redirects.ts";
import { httpAccept } from "./targets/http-accept.ts";
import { httpDate } from "./targets/http-date.ts";
import { httpPath } from "./targets/http-path.ts";
import { httpRange } from "./targets/http-range.ts";
import { httpTags } from "./targets/http-tags.ts";
import { icmp } from "./targets/icmp.ts";
import { icmpv6 } from "./targets/icmpv6.ts";
import { imageSizes } from "./targets/image-size.ts";
import { ipv4 } from "./targets/ipv4.ts";
import { ipv6 } from "./targets/ipv6.ts";
import { metadata } from "./targets/metadata.ts";
import { mld } from "./targets/mld.ts";
import { nd } from "./targets/nd.ts";
import { netfront } from "./targets/netfront.ts";
import { ntp } from "./targets/ntp.ts";
import { pack } from "./targets/pack.ts";
import { parameters } from "./targets/parameters.ts";
import { pci } from "./targets/pci.ts";
import { pem } from "./targets/pem.ts";
import { reassembly } from "./targets/reassembly.ts";
import { reassembly6 } from "./targets/reassembly6.ts";
import { refs } from "./targets/refs.ts";
import { requestHead } from "./targets/request-head.ts";
import { responseHead } from "./targets/response-head.ts";
import { simpleYaml } from "./targets/simple-yaml.ts";
import { siteSettings } from "./targets/site-settings.ts";
import { smbios } from "./targets/smbios.ts";
import { syslog } from "./targets/syslog.ts";
import { tcp } from "./targets/tcp.ts";
import { tlsClientHello } from "./targets/tls-client-hello.ts";
import { tlsMessages } from "./targets/tls-messages.ts";
import { tree } from "./targets/tree.ts";
import { udp } from "./targets/udp.ts";
import { url } from "./targets/url.ts";
import { virtioMmio } from "./targets/virtio-mmio.ts";
import { virtioNet } from "./targets/virtio-net.ts";
import { virtioTransports } from "./targets/virtio-transports.ts";
import { virtqueue } from "./targets/virtqueue.ts";
import { xenstore } from "./targets/xenstore.ts";

export const TARGETS: readonly Target[] = [
  acme,
  acpi,
  address6,
  arp,
  certificate,
  chunked,
  cidr,
  commit,
  delta,
  dhcp,
  dhcpv6,
  dns,
  e1000,
  elf,
  ethernet,
  framePrint,
  frontMatter,
  fwCfg,
  generatorText,
  hostHeaders,
  simpleYaml,
  hostRedirects,
  imageSizes,
  headerLines,
  httpAccept,
  httpDate,
  httpPath,
  httpRange,
  httpTags,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  metadata,
  mld,
  nd,
  netfront,
  ntp,
  pack,
  parameters,
  pci,
  pem,
  reassembly,
  reassembly6,
  refs,
  requestHead,
  responseHead,
  siteSettings,
  smbios,
  syslog,
  tcp,
  tlsClientHello,
  tlsMessages,
  tree,
  udp,
  url,
  virtioMmio,
  virtioNet,
  virtioTransports,
  virtqueue,
  xenstore,
];
