// Natives of the compiled test program alone: attempt.h.

/** As setjmp(): false at first; true when it comes back because something was thrown since. */
declare function nativeGuard(): boolean;
/** The body of the innermost attempt has come to its end. */
declare function nativeGuarded(): void;
/** The text of what was thrown last, as far as it fits; its length. */
declare function nativeFault(into: Uint8Array): number;
