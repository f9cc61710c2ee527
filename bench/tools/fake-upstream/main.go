// Command fake-upstream is a model provider that costs almost nothing to run: it speaks just enough HTTP/1.1 to
// answer OpenAI's and Anthropic's chat APIs from prepared bytes. What it answers is set between measurements.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
)

func main() {
	port := flag.Int("port", 0, "TCP port on 127.0.0.1; 0 takes a free one")
	flag.Parse()
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Whoever started this process holds the other end of its input; when that closes, there is nobody to serve.
	go func() {
		buffer := make([]byte, 64)
		for {
			if _, err := os.Stdin.Read(buffer); err != nil {
				os.Exit(0)
			}
		}
	}()
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go newConnection(conn).serve()
	}
}
