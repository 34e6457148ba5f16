// The disk as an appliance that VirtualBox and VMware import: an archive of a description, hashes and the disk. Read
// first: DMTF DSP0243 1.1 (OVF), 5 (package), 8 (virtual hardware); DSP0004, CIM_ResourceAllocationSettingData.

import { createHash } from "node:crypto";
import { tar } from "./tar.ts";

const MEMORY_MB = 64;

/** `disk` is a stream-optimised VMDK of `capacity` bytes; `seconds` the files' time. */
export function ova(disk: Uint8Array, capacity: number, version: string, seconds: number): Uint8Array {
  const description = new TextEncoder().encode(descriptor(disk.length, capacity, version));
  const files = [
    { path: "epiphyte.ovf", bytes: description },
    { path: "epiphyte-disk1.vmdk", bytes: disk },
  ];
  const manifest = files.map(({ path, bytes }) => `SHA256(${path})= ${sha256(bytes)}\n`).join("");
  // The description comes first, the manifest behind it (5.3).
  return tar([files[0]!, { path: "epiphyte.mf", bytes: new TextEncoder().encode(manifest) }, files[1]!], seconds);
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A card that both programs emulate, a controller for the disk, no sound, no USB, no graphics. */
function descriptor(size: number, capacity: number, version: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References>
    <File ovf:id="file1" ovf:href="epiphyte-disk1.vmdk" ovf:size="${size}"/>
  </References>
  <DiskSection>
    <Info>The disk that boots</Info>
    <Disk ovf:diskId="disk1" ovf:fileRef="file1" ovf:capacity="${capacity}" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <NetworkSection>
    <Info>The network that the blog is served on</Info>
    <Network ovf:name="bridged">
      <Description>An address comes by DHCP</Description>
    </Network>
  </NetworkSection>
  <VirtualSystem ovf:id="epiphyte">
    <Info>A blog out of a Git repository</Info>
    <Name>epiphyte</Name>
    <ProductSection>
      <Info>Epiphyte</Info>
      <Product>Epiphyte</Product>
      <FullVersion>${version}</FullVersion>
    </ProductSection>
    <OperatingSystemSection ovf:id="102">
      <Info>None: 64 bits, of a kind that is not listed</Info>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>Hardware</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>epiphyte</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-10 virtualbox-2.2</vssd:VirtualSystemType>
      </System>
      <Item>
        <rasd:ElementName>1 processor</rasd:ElementName>
        <rasd:InstanceID>1</rasd:InstanceID>
        <rasd:ResourceType>3</rasd:ResourceType>
        <rasd:VirtualQuantity>1</rasd:VirtualQuantity>
      </Item>
      <Item>
        <rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits>
        <rasd:ElementName>${MEMORY_MB} MB of memory</rasd:ElementName>
        <rasd:InstanceID>2</rasd:InstanceID>
        <rasd:ResourceType>4</rasd:ResourceType>
        <rasd:VirtualQuantity>${MEMORY_MB}</rasd:VirtualQuantity>
      </Item>
      <Item>
        <rasd:Address>0</rasd:Address>
        <rasd:ElementName>IDE controller</rasd:ElementName>
        <rasd:InstanceID>3</rasd:InstanceID>
        <rasd:ResourceSubType>PIIX4</rasd:ResourceSubType>
        <rasd:ResourceType>5</rasd:ResourceType>
      </Item>
      <Item>
        <rasd:AddressOnParent>0</rasd:AddressOnParent>
        <rasd:ElementName>disk</rasd:ElementName>
        <rasd:HostResource>ovf:/disk/disk1</rasd:HostResource>
        <rasd:InstanceID>4</rasd:InstanceID>
        <rasd:Parent>3</rasd:Parent>
        <rasd:ResourceType>17</rasd:ResourceType>
      </Item>
      <Item>
        <rasd:AutomaticAllocation>true</rasd:AutomaticAllocation>
        <rasd:Connection>bridged</rasd:Connection>
        <rasd:ElementName>network card</rasd:ElementName>
        <rasd:InstanceID>5</rasd:InstanceID>
        <rasd:ResourceSubType>E1000</rasd:ResourceSubType>
        <rasd:ResourceType>10</rasd:ResourceType>
      </Item>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`;
}
