package mail

import (
	"bytes"
	"encoding/base64"
	"testing"
)

// A signature of S/MIME is binary: it may end in any byte.
func TestBinarySignatureIsWhole(t *testing.T) {
	der := []byte{0x30, 0x03, 0x04, 0x01, '\n'}
	m, err := Parse([]byte("From: a@example.org\r\nContent-Type: multipart/signed; boundary=b; protocol=\"application/pkcs7-signature\"\r\n\r\n"+
		"--b\r\n\r\nwords\r\n--b\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"+base64.StdEncoding.EncodeToString(der)+"\r\n--b--\r\n"), Envelope{})
	if err != nil || m.Cipher != CipherCMSSigned || !bytes.Equal(m.Signature, der) {
		t.Errorf("%x, %v", m.Signature, err)
	}
}
