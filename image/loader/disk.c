/* The partition that disk.S has read into memory: finds the image and the parameters in its FAT16 file system and puts
 * them where a boot loader would. Read first: Microsoft FAT specification (fatgen103) 3, 4 and 6. Everything in the
 * partition may be damaged or edited: each number is held against the partition's size before it is followed. */
#include "loader.h"

struct bios_parameters {
  uint8_t jump[3], name[8];
  uint16_t sector_size;
  uint8_t cluster_sectors;
  uint16_t reserved_sectors;
  uint8_t tables;
  uint16_t root_entries, sectors16;
  uint8_t media;
  uint16_t table_sectors;
  uint8_t geometry[8];
  uint32_t sectors32;
} __attribute__((packed));

struct entry {
  uint8_t name[11], attributes, unused[14];
  uint16_t first_cluster;
  uint32_t size;
} __attribute__((packed));

enum { SECTOR = 512, DIRECTORY = 0x10, VOLUME_LABEL = 0x08, FIRST_CLUSTER = 2 };
enum { HEADER_SIGNATURE = 0x53726448, HEADER_START = 0x1f1, HEADER_END = 0x290 };
#define STOP(text) stop("Epiphyte: " text "\n")
#define DAMAGED "the file system of the disk is damaged: write the image to it again"

static const uint8_t *const disk = (void *)PARTITION;
static const uint16_t *table; /* cluster -> next cluster */
static const uint8_t *data;   /* cluster 2 */
static const struct entry *root;
static uint32_t root_entries, cluster_size, clusters;

static void outb(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port)); }

/* On the screen and on COM1; then nothing more. */
static __attribute__((noreturn)) void stop(const char *text) {
  volatile uint16_t *screen = (void *)0xb8000;
  for (; *text; text++) {
    *screen++ = (uint16_t)(0x0700 | *text);
    outb(0x3f8, (uint8_t)*text);
  }
  for (;;) __asm__ volatile("cli; hlt");
}

/* The directory entry of this 8.3 name among `count` entries, or none. */
static const struct entry *find(const struct entry *entries, uint32_t count, const char *name) {
  for (uint32_t i = 0; i < count && entries[i].name[0]; i++) {
    int same = !(entries[i].attributes & VOLUME_LABEL);
    for (int k = 0; k < 11; k++) same &= entries[i].name[k] == name[k];
    if (same) return &entries[i];
  }
  return 0;
}

static const uint8_t *cluster_at(uint32_t cluster) {
  if (cluster < FIRST_CLUSTER || cluster >= clusters + FIRST_CLUSTER) STOP(DAMAGED);
  return data + (cluster - FIRST_CLUSTER) * cluster_size;
}

/* Copies a file without its first `skip` bytes (whole clusters). A chain in a circle ends with the file's size. */
static void read_file(const struct entry *file, uint32_t skip, uint8_t *into) {
  uint32_t cluster = file->first_cluster;
  for (uint32_t at = 0; at < file->size; at += cluster_size, cluster = table[cluster]) {
    uint32_t left = file->size - at;
    const uint8_t *from = cluster_at(cluster);
    if (at >= skip) copy(into + (at - skip), from, left < cluster_size ? left : cluster_size);
  }
}

static void mount(void) {
  const struct bios_parameters *b = (void *)disk;
  uint32_t sectors = b->sectors16 ? b->sectors16 : b->sectors32;
  uint32_t root_sector = b->reserved_sectors + (uint32_t)b->tables * b->table_sectors;
  uint32_t first = root_sector + b->root_entries * sizeof *root / SECTOR;
  cluster_size = b->cluster_sectors * SECTOR;
  if (b->sector_size != SECTOR || sectors > PARTITION_MAX_SECTORS || first >= sectors || cluster_size < HEADER_END ||
      HEAD_SIZE % cluster_size)
    STOP("the first partition of the disk has no FAT16 file system that can be read here");
  clusters = (sectors - first) / b->cluster_sectors;
  if ((clusters + FIRST_CLUSTER) * sizeof *table > b->table_sectors * (uint32_t)SECTOR) STOP(DAMAGED);
  table = (void *)(disk + b->reserved_sectors * SECTOR);
  root = (void *)(disk + root_sector * SECTOR);
  root_entries = b->root_entries;
  data = disk + first * SECTOR;
}

static const struct entry *in_folder(const struct entry *folder, const char *name) {
  if (!folder || !(folder->attributes & DIRECTORY)) return 0;
  return find((void *)cluster_at(folder->first_cluster), cluster_size / sizeof *folder, name);
}

/* Returns where the image is entered. */
uint32_t load(struct boot_params *params) {
  mount();
  const struct entry *text = find(root, root_entries, "EPIPHYTETXT");
  const struct entry *image =
      in_folder(in_folder(find(root, root_entries, "EFI        "), "BOOT       "), "BOOTX64 EFI");
  if (!image || image->size <= HEAD_SIZE || image->size > PARTITION - KERNEL)
    STOP("EFI/BOOT/BOOTX64.EFI on the disk is missing or is not the image");
  copy((uint8_t *)params + HEADER_START, cluster_at(image->first_cluster) + HEADER_START, HEADER_END - HEADER_START);
  if (params->signature != HEADER_SIGNATURE) STOP("EFI/BOOT/BOOTX64.EFI on the disk is not the image");
  read_file(image, HEAD_SIZE, (void *)KERNEL);
  if (!text || !text->size) return params->code32_start;
  if (text->size > DISK_TEXT_MAX) STOP("EPIPHYTE.TXT on the disk is longer than 64 KB");
  read_file(text, 0, (void *)DISK_TEXT);
  params->ramdisk = DISK_TEXT;
  params->ramdisk_size = text->size;
  return params->code32_start;
}
