// Go's crypto/tls as a visitor of ours and as a forge's HTTPS. How it is called: ../README.md.
//
// It offers no choice of TLS 1.3's suites: GODEBUG=cpu.aes=off makes it prefer ChaCha20-Poly1305. What group and whether a
// HelloRetryRequest came it does not tell in older versions.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

const wait = 10 * time.Second

func main() {
	words := os.Args[1:]
	var err error
	switch {
	case len(words) > 3 && words[0] == "client":
		err = client(words[1], words[2], words[3:])
	case len(words) > 3 && words[0] == "server":
		err = server(words[1], words[2], words[3:])
	default:
		err = errors.New("client ADDRESS CA CASE... | server LISTEN TARGET CASE...")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func client(address, authority string, cases []string) error {
	pem, err := os.ReadFile(authority)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	// One for each group: it keeps the tickets.
	tickets := map[string]tls.ClientSessionCache{}
	for _, it := range cases {
		name, group, err := parse(it)
		if err != nil {
			return err
		}
		if tickets[group] == nil {
			tickets[group] = tls.NewLRUClientSessionCache(8)
		}
		line, err := visit(address, name, &tls.Config{
			RootCAs:            roots,
			ServerName:         name,
			MinVersion:         tls.VersionTLS13,
			NextProtos:         []string{"http/1.1"},
			CurvePreferences:   []tls.CurveID{groups[group]},
			ClientSessionCache: tickets[group],
		})
		if err != nil {
			fmt.Printf("%s failed: %v\n", it, err)
		} else {
			fmt.Printf("%s ok %s\n", it, line)
		}
	}
	return nil
}

// A whole exchange, to the close_notify at its end.
func visit(address, name string, config *tls.Config) (string, error) {
	socket, err := net.DialTimeout("tcp", address, wait)
	if err != nil {
		return "", err
	}
	defer socket.Close()
	socket.SetDeadline(time.Now().Add(wait))
	connection := tls.Client(socket, config)
	if _, err = fmt.Fprintf(connection, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", name); err != nil {
		return "", err
	}
	// An end without close_notify is an error here.
	answer, err := io.ReadAll(connection)
	if err != nil {
		return "", err
	}
	if len(answer) < 12 {
		return "", errors.New("no answer")
	}
	return describe(connection) + " " + string(answer[9:12]), nil
}

func server(listen, target string, cases []string) error {
	configs := make([]*tls.Config, len(cases))
	for i, it := range cases {
		file, group, err := parse(it)
		if err != nil {
			return err
		}
		pair, err := tls.LoadX509KeyPair(file, file)
		if err != nil {
			return err
		}
		configs[i] = &tls.Config{
			Certificates:     []tls.Certificate{pair},
			MinVersion:       tls.VersionTLS13,
			NextProtos:       []string{"http/1.1"},
			CurvePreferences: []tls.CurveID{groups[group]},
			// Our client has no certificate, and has to say so.
			ClientAuth: tls.RequestClientCert,
		}
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	for i := 0; ; i++ {
		socket, err := listener.Accept()
		if err != nil {
			return err
		}
		go func(it string, config *tls.Config) {
			if err := serve(it, tls.Server(socket, config), target); err != nil {
				fmt.Printf("%s failed: %v\n", it, err)
			}
		}(cases[i%len(cases)], configs[i%len(cases)])
	}
}

// Carries bytes both ways until both sides have ended theirs.
func serve(it string, connection *tls.Conn, target string) error {
	defer connection.Close()
	if err := connection.Handshake(); err != nil {
		return err
	}
	fmt.Printf("%s ok %s\n", it, describe(connection))
	plain, err := net.DialTimeout("tcp", target, wait)
	if err != nil {
		return err
	}
	defer plain.Close()
	ended := make(chan struct{})
	go func() {
		io.Copy(plain, connection)
		plain.(*net.TCPConn).CloseWrite()
		close(ended)
	}()
	io.Copy(connection, plain)
	connection.CloseWrite()
	<-ended
	return nil
}

func describe(connection *tls.Conn) string {
	state := connection.ConnectionState()
	kind := "full"
	if state.DidResume {
		kind = "resumed"
	}
	return fmt.Sprintf("%s - %s", tls.CipherSuiteName(state.CipherSuite), kind)
}

var groups = map[string]tls.CurveID{
	"X25519MLKEM768": 4588,
	"X25519":         tls.X25519,
	"secp256r1":      tls.CurveP256,
	"secp384r1":      tls.CurveP384,
}

// "WHOSE,SUITE,GROUP", of which the suite is not ours to choose.
func parse(it string) (whose, group string, err error) {
	parts := strings.Split(it, ",")
	if len(parts) != 3 || groups[parts[2]] == 0 {
		return "", "", fmt.Errorf("%s: a case is WHOSE,SUITE,GROUP", it)
	}
	return parts[0], parts[2], nil
}
