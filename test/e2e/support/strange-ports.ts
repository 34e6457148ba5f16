// On which port strange-authority.ts is wrong in which way.

export const STRANGE_PORTS = {
  html: 8451,
  never: 8452,
  endless: 8453,
  "html-later": 8454,
  "other-name": 8455,
  "without-lists": 8456,
} as const;
