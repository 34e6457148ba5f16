// Makes records.ts: records of TLS 1.3 (RFC 8446 5.2) sealed by Go's ciphers, which share no code with those that are
// tested. README.md says how it is run and how they are written.
package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func aead(suite int, key []byte) cipher.AEAD {
	if suite == 0x1303 {
		made, err := chacha20poly1305.New(key)
		check(err)
		return made
	}
	block, err := aes.NewCipher(key)
	check(err)
	made, err := cipher.NewGCM(block)
	check(err)
	return made
}

// Bytes that differ for each seed.
func bytesOf(seed string, length int) []byte {
	var made []byte
	for i := 0; len(made) < length; i++ {
		block := sha256.Sum256(fmt.Appendf(nil, "%s %d", seed, i))
		made = append(made, block[:]...)
	}
	return made[:length]
}

func content(length int) []byte {
	made := make([]byte, length)
	for i := range made {
		made[i] = byte(i*7 + i>>8)
	}
	return made
}

func main() {
	names := map[int]string{0x1301: "AES_128_GCM", 0x1302: "AES_256_GCM", 0x1303: "CHACHA20_POLY1305"}
	fmt.Print("// Made by records.go: see README.md.\n\n")
	for suite := 0x1301; suite <= 0x1303; suite++ {
		var all []byte
		add := func(field []byte) {
			all = binary.BigEndian.AppendUint16(all, uint16(len(field)))
			all = append(all, field...)
		}
		id := 0
		for _, length := range []int{0, 1, 14, 15, 16, 17, 31, 32, 63, 64, 127, 128, 255, 256, 500, 1023, 1024, 1300, 4096, 8191, 16383, 16384} {
			for _, sequence := range []uint64{0, 1, 0xffff, 0x123456789abc} {
				id++
				size := 32
				if suite == 0x1301 {
					size = 16
				}
				seed := fmt.Sprint(suite, length, sequence)
				key := bytesOf("key "+seed, size)
				iv := bytesOf("iv "+seed, 12)
				kind := byte(21 + id%3)
				nonce := append([]byte(nil), iv...)
				for i := range 8 {
					nonce[4+i] ^= byte(sequence >> (56 - 8*i))
				}
				header := []byte{23, 3, 3}
				header = binary.BigEndian.AppendUint16(header, uint16(length+17))
				record := aead(suite, key).Seal(header, nonce, append(content(length), kind), header)
				digest := sha256.Sum256(record)
				all = binary.BigEndian.AppendUint16(all, uint16(id))
				all = append(all, 1)
				padded := make([]byte, 32)
				copy(padded, key)
				add(padded)
				add(iv)
				add(binary.BigEndian.AppendUint64(nil, sequence))
				add([]byte{kind, byte(length >> 8), byte(length)})
				add(record[len(record)-16:])
				add(digest[:])
			}
		}
		fmt.Printf("export const %s =\n  \"%s\";\n", names[suite], base64.StdEncoding.EncodeToString(all))
	}
}
