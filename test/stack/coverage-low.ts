// Entry for `scriptc coverage`: reaches every file of the lower protocols, so that what cannot be compiled is listed.

import { formatImfDate, formatRfc3339, parseImfDate } from "../../stack/base/time.ts";

console.log(formatImfDate(0), formatRfc3339(0), parseImfDate(formatImfDate(784_111_777)));
