// Command load sends chat requests to one target and checks every answer. The order comes as JSON on the input;
// `begin` and `end` on the output mark the counted time, the result follows as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	var order order
	if err := json.NewDecoder(os.Stdin).Decode(&order); err != nil {
		fail(err)
	}
	work, err := prepare(order)
	if err != nil {
		fail(err)
	}
	result, err := work.run()
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
