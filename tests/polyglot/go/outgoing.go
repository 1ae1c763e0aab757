package export_vcon_link_handler

import (
	"net/url"
	"strconv"

	"wit_component/vcon_link_outcomes"
	"wit_component/wasi_http_outgoing_handler"
	"wit_component/wasi_http_types"
	"wit_component/wasi_io_streams"

	. "go.bytecodealliance.org/pkg/wit/types"
)

// The most that one write takes by the contract of wasi:io, and what one read asks for.
const pieceBytes = 4096

// post sends a text over wasi:http and gives back status and body of the answer.
func post(address string, body []byte) (uint16, []byte, error) {
	request, err := outgoing(address, len(body))
	if err != nil {
		return 0, nil, err
	}
	outgoingBody := request.Body().Ok()
	sent := wasi_http_outgoing_handler.Handle(request, None[*wasi_http_types.RequestOptions]())
	if sent.IsErr() {
		return 0, nil, unreached(address, sent.Err())
	}
	pending := sent.Ok()
	send(outgoingBody, body)
	ready := pending.Subscribe()
	ready.Block()
	ready.Drop()
	answer := pending.Get().Some().Ok()
	if answer.IsErr() {
		return 0, nil, unreached(address, answer.Err())
	}
	response := answer.Ok()
	text, complete := receive(response)
	if !complete {
		return 0, nil, service("%s was not reached: its answer ended early", address)
	}
	return response.Status(), text, nil
}

func outgoing(address string, length int) (*wasi_http_types.OutgoingRequest, error) {
	parts, err := url.Parse(address)
	if err != nil {
		return nil, failure(vcon_link_outcomes.FailureKindOptions, false, "%s is not a URL", address)
	}
	fields := wasi_http_types.FieldsFromList([]Tuple2[string, []uint8]{
		{F0: "content-type", F1: []byte("text/plain; charset=utf-8")},
		{F0: "content-length", F1: []byte(strconv.Itoa(length))},
	})
	scheme := wasi_http_types.MakeSchemeHttp()
	if parts.Scheme == "https" {
		scheme = wasi_http_types.MakeSchemeHttps()
	}
	request := wasi_http_types.MakeOutgoingRequest(fields.Ok())
	request.SetMethod(wasi_http_types.MakeMethodPost())
	request.SetScheme(Some(scheme))
	request.SetAuthority(Some(parts.Host))
	request.SetPathWithQuery(Some(parts.RequestURI()))
	return request, nil
}

// send writes the body. On a refused connection the write fails first; the answer's future tells why, so this stays silent.
func send(body *wasi_http_types.OutgoingBody, data []byte) {
	stream := body.Write().Ok()
	for len(data) > 0 {
		piece := data[:min(len(data), pieceBytes)]
		if stream.BlockingWriteAndFlush(piece).IsErr() {
			break
		}
		data = data[len(piece):]
	}
	// A stream is its body's child and has to go first.
	stream.Drop()
	wasi_http_types.OutgoingBodyFinish(body, None[*wasi_http_types.Fields]())
}

func receive(response *wasi_http_types.IncomingResponse) (data []byte, complete bool) {
	stream := response.Consume().Ok().Stream().Ok()
	for {
		piece := stream.BlockingRead(pieceBytes)
		if piece.IsErr() {
			return data, piece.Err().Tag() == wasi_io_streams.StreamErrorClosed
		}
		data = append(data, piece.Ok()...)
	}
}

func unreached(address string, code wasi_http_types.ErrorCode) error {
	if code.Tag() == wasi_http_types.ErrorCodeHttpRequestDenied {
		return failure(vcon_link_outcomes.FailureKindOptions, false, "%s is not granted to this link", address)
	}
	return service("%s was not reached: error code %d", address, code.Tag())
}
