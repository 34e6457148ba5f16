nativeConsole(`hello from ${nativeTarget()}\n`);
nativeConsole(`${[...nativeSha1(new Uint8Array())].join(" ")}\n`);
