// Of core.txt, what does not pass, and why. Everything else must pass.

const OLDER = "a connection of TLS 1.2 or older has to succeed";
const LENGTH =
  "a Finished of the wrong length is decode_error (RFC 8446 6.2), which tlsfuzzer asks for as well; BoringSSL compares it first";
const INNER =
  "a server behind another one that decrypts hellos for it (RFC 9849 7) is not spoken: encrypted_client_hello is skipped";

export const NOT_PASSED: Readonly<Record<string, string>> = {
  "MinimumVersion-Client2-TLS1-TLS1-TLS": OLDER,
  "MinimumVersion-Client2-TLS1-TLS11-TLS": OLDER,
  "MinimumVersion-Client2-TLS1-TLS12-TLS": OLDER,
  "MinimumVersion-Client2-TLS11-TLS11-TLS": OLDER,
  "MinimumVersion-Client2-TLS11-TLS12-TLS": OLDER,
  "MinimumVersion-Client2-TLS12-TLS12-TLS": OLDER,
  "MinimumVersion-Server2-TLS1-TLS1-TLS": OLDER,
  "MinimumVersion-Server2-TLS1-TLS11-TLS": OLDER,
  "MinimumVersion-Server2-TLS1-TLS12-TLS": OLDER,
  "MinimumVersion-Server2-TLS11-TLS11-TLS": OLDER,
  "MinimumVersion-Server2-TLS11-TLS12-TLS": OLDER,
  "MinimumVersion-Server2-TLS12-TLS12-TLS": OLDER,
  "ALPNClient-AllowUnknown-TLS-TLS13":
    "wants a protocol believed that was not offered: illegal_parameter (RFC 7301 3.2), without a switch for it",
  "ALPNServer-SelectEmpty-TLS-TLS13":
    "lets the application choose an empty protocol: there is no callback here that could; an empty name is never among ours",
  TwoMLKEMs: "ML-KEM-1024 is not spoken",
  UnencryptedEncryptedExtensions:
    "a handshake message in the clear where it may not be is unexpected_message (RFC 8446 5); BoringSSL tries to open it first",
  "CustomKeyShares-All-TLS13": "wants shares of P-521 and ML-KEM-1024, which are not spoken",
  "EncryptedExtensionsWithKeyShare-TLS13":
    "an extension that is known and in the wrong message is illegal_parameter (RFC 8446 4.2); BoringSSL says unsupported_extension",
  "SkipEarlyData-SecondClientHelloEarlyData-TLS13":
    "early_data in a second hello is illegal_parameter at once (RFC 8446 4.1.2); BoringSSL fails at the data",
  "TLS-ECH-Server-ECHInner": INNER,
  "TLS-ECH-Server-ECHInner-HelloRetryRequest": INNER,
  "TLS-ECH-Server-ECHInner-NotEmpty": INNER,
  "TrailingMessageData-TLS13-ClientFinished-TLS": LENGTH,
  "TrailingMessageData-TLS13-ServerFinished-TLS": LENGTH,
};
