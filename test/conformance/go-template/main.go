// Renders templates with Go's own text/template. Reads one JSON case per line, writes one JSON result per line.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"text/template"
	"time"
)

// A chat is the data that model templates get, as structs.
type testCase struct {
	Template string
	Data     any
	Chat     *chat
}

type result struct {
	Output string `json:"output"`
	Error  string `json:"error,omitempty"`
}

type chat struct {
	System   string
	Messages []*message
	Tools    tools
	Think    bool
}

type message struct {
	Role       string
	Content    string
	Thinking   string
	Images     []string
	ToolCalls  []toolCall
	ToolName   string
	ToolCallID string
}

type toolCall struct {
	ID       string
	Function function
}

type function struct {
	Index     int
	Name      string
	Arguments arguments
}

type arguments map[string]any

func (a arguments) String() string { return encode(a) }

type tools []tool

func (t tools) String() string { return encode(t) }

type tool struct {
	Type     string       `json:"type"`
	Function toolFunction `json:"function"`
}

func (t tool) String() string { return encode(t) }

type toolFunction struct {
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Parameters  parameters `json:"parameters"`
}

func (f toolFunction) String() string { return encode(f) }

func (p parameters) String() string { return encode(p) }

type parameters struct {
	Type       string     `json:"type"`
	Required   []string   `json:"required,omitempty"`
	Properties properties `json:"properties"`
}

type properties map[string]property

func (p properties) String() string { return encode(p) }

type property struct {
	Type        propertyType `json:"type,omitempty"`
	Description string       `json:"description,omitempty"`
}

type propertyType []string

func (t propertyType) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

func (t propertyType) String() string {
	if len(t) == 1 {
		return t[0]
	}
	return fmt.Sprint([]string(t))
}

func encode(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

var functions = template.FuncMap{
	"json":             encode,
	"currentDate":      func(...string) string { return time.Now().Format("2006-01-02") },
	"yesterdayDate":    func(...string) string { return time.Now().AddDate(0, 0, -1).Format("2006-01-02") },
	"toTypeScriptType": func(any) string { return "any" },
}

func render(c testCase) (output string, err error) {
	parsed, err := template.New("").Option("missingkey=zero").Funcs(functions).Parse(c.Template)
	if err != nil {
		return "", err
	}
	data := c.Data
	if c.Chat != nil {
		data = map[string]any{
			"System":     c.Chat.System,
			"Messages":   c.Chat.Messages,
			"Tools":      c.Chat.Tools,
			"Response":   "",
			"Think":      c.Chat.Think,
			"ThinkLevel": "",
			"IsThinkSet": true,
		}
	}
	var written bytes.Buffer
	err = parsed.Execute(&written, data)
	return written.String(), err
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	results := json.NewEncoder(os.Stdout)
	results.SetEscapeHTML(false)
	for lines.Scan() {
		var c testCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			panic(err)
		}
		output, err := render(c)
		if err != nil {
			results.Encode(result{Error: err.Error()})
			continue
		}
		results.Encode(result{Output: output})
	}
}
