// A client of Go net/http: sends each file to the address and compares what comes back. Arguments: address, CA file, files.
package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Hides the length of what it reads, so that the transport sends chunks.
type unsized struct{ io.Reader }

func main() {
	address, ca, files := os.Args[1], os.Args[2], os.Args[3:]
	pem, err := os.ReadFile(ca)
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots}, DisableCompression: true, MaxIdleConnsPerHost: 8,
	}}
	var out sync.Mutex
	call := func(name string, request *http.Request) {
		answer, err := client.Do(request)
		check(err)
		defer answer.Body.Close()
		digest := sha256.New()
		_, err = io.Copy(digest, answer.Body)
		check(err)
		line, _ := json.Marshal(map[string]any{"name": name, "status": answer.StatusCode, "sha256": hex.EncodeToString(digest.Sum(nil))})
		out.Lock()
		fmt.Println(string(line))
		out.Unlock()
	}
	var all sync.WaitGroup
	places := make(chan struct{}, 8)
	for _, file := range files {
		body, err := os.ReadFile(file)
		check(err)
		for _, framing := range []string{"length", "chunked"} {
			all.Add(1)
			places <- struct{}{}
			go func() {
				defer func() { <-places; all.Done() }()
				name := filepath.Base(file) + "-" + framing
				var reader io.Reader = bytes.NewReader(body)
				if framing == "chunked" {
					reader = unsized{reader}
				}
				request, err := http.NewRequest("POST", address+"/echo/"+name, reader)
				check(err)
				call(name, request)
			}()
		}
	}
	all.Wait()
	request, err := http.NewRequest("GET", address+"/gzip", nil)
	check(err)
	request.Header.Set("Accept-Encoding", "gzip")
	call("gzip", request)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
