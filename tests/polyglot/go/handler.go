// Package export_vcon_link_handler asks a service for the topics of the first dialog; it adds them as an analysis, the
// first one as a tag. The bindings fix the package's name.
package export_vcon_link_handler

import (
	"encoding/json"
	"fmt"

	"wit_component/vcon_link_document"
	"wit_component/vcon_link_log"
	"wit_component/vcon_link_outcomes"
	"wit_component/vcon_link_types"

	. "go.bytecodealliance.org/pkg/wit/types"
)

const schema = `{"type":"object","properties":{
	"url":{"type":"string","description":"The service: text in, {\"topics\": [...]} out."},
	"tag":{"type":"string","description":"The name of the tag."}}}`

const defaults = `{"url":"http://localhost:8090/topics","tag":"topic"}`

type options struct {
	URL string `json:"url"`
	Tag string `json:"tag"`
}

// failed is a failure as a Go error.
type failed struct{ vcon_link_outcomes.Failure }

func (f failed) Error() string { return f.Message }

func failure(kind vcon_link_outcomes.FailureKind, retryable bool, format string, arguments ...any) error {
	return failed{vcon_link_outcomes.Failure{
		Kind: kind, Message: fmt.Sprintf(format, arguments...), Retryable: retryable, RetryAfterMs: None[uint64](),
	}}
}

func service(format string, arguments ...any) error {
	return failure(vcon_link_outcomes.FailureKindService, true, format, arguments...)
}

// Describe says what this link is.
func Describe() vcon_link_outcomes.Description {
	return vcon_link_outcomes.Description{
		Name:          "topics",
		Version:       "1.0.0",
		Summary:       "Asks a service for the topics of the first dialog and adds them as an analysis and a tag.",
		OptionsSchema: schema,
		Defaults:      defaults,
		Needs:         "{}",
	}
}

// Run works on the current vCon.
func Run(text string) Result[vcon_link_outcomes.Outcome, vcon_link_outcomes.Failure] {
	if err := run(text); err != nil {
		if known, ok := err.(failed); ok {
			return Err[vcon_link_outcomes.Outcome, vcon_link_outcomes.Failure](known.Failure)
		}
		other := failure(vcon_link_outcomes.FailureKindOther, false, "%v", err).(failed)
		return Err[vcon_link_outcomes.Outcome, vcon_link_outcomes.Failure](other.Failure)
	}
	return Ok[vcon_link_outcomes.Outcome, vcon_link_outcomes.Failure](vcon_link_outcomes.MakeOutcomeNext())
}

func run(text string) error {
	var set options
	if err := json.Unmarshal([]byte(text), &set); err != nil {
		return failure(vcon_link_outcomes.FailureKindOptions, false, "the options don't fit: %v", err)
	}
	transcript, err := transcript()
	if err != nil {
		return err
	}
	if transcript.IsNone() {
		vcon_link_log.Write(vcon_link_log.LevelInfo, "there is no transcript: nothing to do", nil)
		return nil
	}
	if transcript.Some() == "fall over" {
		panic("fell over, as it was told to")
	}
	topics, err := ask(set.URL, transcript.Some())
	if err != nil {
		return err
	}
	body, err := json.Marshal(topics)
	if err != nil {
		return err
	}
	if _, err := open(vcon_link_document.AddAnalysis(vcon_link_document.Analysis{
		Kind: "topics", Dialogs: []uint32{0}, Vendor: "example",
		Body: string(body), Encoding: vcon_link_document.EncodingJson, Extra: None[string](),
	})); err != nil {
		return err
	}
	if len(topics) > 0 {
		_, err = open(vcon_link_document.AddTag(set.Tag, topics[0]))
	}
	return err
}

// transcript is that of the first dialog, or else the dialog's own text.
func transcript() (Option[string], error) {
	index, err := open(vcon_link_document.FindAnalysis(0, "transcript"))
	if err != nil {
		return None[string](), err
	}
	if index.IsSome() {
		return open(vcon_link_document.Text(fmt.Sprintf("/analysis/%d/body", index.Some())))
	}
	if count, err := open(vcon_link_document.DialogCount()); err != nil || count == 0 {
		return None[string](), err
	}
	return open(vcon_link_document.DialogText(0))
}

func ask(url, text string) ([]string, error) {
	status, answer, err := post(url, []byte(text))
	if err != nil {
		return nil, err
	}
	if status != 200 {
		return nil, service("%s answered with status %d", url, status)
	}
	var found struct{ Topics []string }
	if err := json.Unmarshal(answer, &found); err != nil || found.Topics == nil {
		return nil, service("%s did not answer with topics", url)
	}
	return found.Topics, nil
}

// open turns a result of the host into Go's pair.
func open[T any](result Result[T, vcon_link_types.Error]) (T, error) {
	if result.IsOk() {
		return result.Ok(), nil
	}
	var nothing T
	if result.Err().Tag() == vcon_link_types.ErrorOpaque {
		return nothing, failure(vcon_link_outcomes.FailureKindSealed, false, "the vCon is signed or encrypted")
	}
	return nothing, failure(vcon_link_outcomes.FailureKindOther, false, "the host refused: error %d", result.Err().Tag())
}
