// Alerts (RFC 8446 6). A number below 256 is one that ends the connection; 0 stands for "nothing wrong" wherever a message
// is judged.

export const FINE = 0;

/** The one that ends a side in order (6.1); its number is 0 on the wire. */
export const CLOSE_NOTIFY = 0;
export const UNEXPECTED_MESSAGE = 10;
export const BAD_RECORD_MAC = 20;
export const RECORD_OVERFLOW = 22;
export const HANDSHAKE_FAILURE = 40;
export const BAD_CERTIFICATE = 42;
export const UNSUPPORTED_CERTIFICATE = 43;
export const CERTIFICATE_REVOKED = 44;
export const CERTIFICATE_EXPIRED = 45;
export const CERTIFICATE_UNKNOWN = 46;
export const ILLEGAL_PARAMETER = 47;
export const UNKNOWN_CA = 48;
export const ACCESS_DENIED = 49;
export const DECODE_ERROR = 50;
export const DECRYPT_ERROR = 51;
export const PROTOCOL_VERSION = 70;
export const INSUFFICIENT_SECURITY = 71;
export const INTERNAL_ERROR = 80;
export const INAPPROPRIATE_FALLBACK = 86;
/** Says no more than that a close_notify follows. */
export const USER_CANCELED = 90;
export const MISSING_EXTENSION = 109;
export const UNSUPPORTED_EXTENSION = 110;
export const UNRECOGNIZED_NAME = 112;
export const BAD_CERTIFICATE_STATUS_RESPONSE = 113;
export const UNKNOWN_PSK_IDENTITY = 115;
export const CERTIFICATE_REQUIRED = 116;
export const NO_APPLICATION_PROTOCOL = 120;

/** Levels: legacy, and not looked at (6). */
export const WARNING = 1;
export const FATAL = 2;

/** The name of RFC 8446 B.2, or the number. */
export function alertName(description: number): string {
  switch (description) {
    case CLOSE_NOTIFY:
      return "close_notify";
    case UNEXPECTED_MESSAGE:
      return "unexpected_message";
    case BAD_RECORD_MAC:
      return "bad_record_mac";
    case RECORD_OVERFLOW:
      return "record_overflow";
    case HANDSHAKE_FAILURE:
      return "handshake_failure";
    case BAD_CERTIFICATE:
      return "bad_certificate";
    case UNSUPPORTED_CERTIFICATE:
      return "unsupported_certificate";
    case CERTIFICATE_REVOKED:
      return "certificate_revoked";
    case CERTIFICATE_EXPIRED:
      return "certificate_expired";
    case CERTIFICATE_UNKNOWN:
      return "certificate_unknown";
    case ILLEGAL_PARAMETER:
      return "illegal_parameter";
    case UNKNOWN_CA:
      return "unknown_ca";
    case ACCESS_DENIED:
      return "access_denied";
    case DECODE_ERROR:
      return "decode_error";
    case DECRYPT_ERROR:
      return "decrypt_error";
    case PROTOCOL_VERSION:
      return "protocol_version";
    case INSUFFICIENT_SECURITY:
      return "insufficient_security";
    case INTERNAL_ERROR:
      return "internal_error";
    case INAPPROPRIATE_FALLBACK:
      return "inappropriate_fallback";
    case USER_CANCELED:
      return "user_canceled";
    case MISSING_EXTENSION:
      return "missing_extension";
    case UNSUPPORTED_EXTENSION:
      return "unsupported_extension";
    case UNRECOGNIZED_NAME:
      return "unrecognized_name";
    case BAD_CERTIFICATE_STATUS_RESPONSE:
      return "bad_certificate_status_response";
    case UNKNOWN_PSK_IDENTITY:
      return "unknown_psk_identity";
    case CERTIFICATE_REQUIRED:
      return "certificate_required";
    case NO_APPLICATION_PROTOCOL:
      return "no_application_protocol";
    default:
      return `alert ${description}`;
  }
}
