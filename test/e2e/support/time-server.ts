// A server of SNTP whose clock is off: answers as RFC 4330 has it, with a time so many seconds ahead.
//
//   time-server.ts ADDRESS SECONDS

import { createSocket } from "node:dgram";

const [address = "127.0.0.1", seconds = "0"] = process.argv.slice(2);
const socket = createSocket("udp4");
socket.on("message", (question, from) => {
  const answer = Buffer.alloc(48);
  answer[0] = 0x24;
  answer[1] = 1;
  question.copy(answer, 24, 40, 48);
  const now = Date.now() / 1000 + Number(seconds) + 2_208_988_800;
  for (const at of [32, 40]) {
    answer.writeUInt32BE(Math.floor(now) >>> 0, at);
    answer.writeUInt32BE(Math.floor((now % 1) * 2 ** 32), at + 4);
  }
  socket.send(answer, from.port, from.address);
});
socket.bind(123, address);
