package oidctest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Double is a provider that lies as it is told to. Its fields may be set between two
// sign-ins.
type Double struct {
	Server *httptest.Server
	Issuer string
	Now    func() time.Time

	// Claims go over those of an honest token; a nil value takes one away.
	Claims map[string]any
	// Info is what it says of somebody who is asked about; nil for no such address.
	Info map[string]any
	// Document goes over what it says about itself.
	Document map[string]any
	// Alg is the algorithm in the head of its tokens.
	Alg string
	// Stranger signs with a key that it does not publish.
	Stranger bool
	// Down answers everything with a failure.
	Down bool
	// Redeem answers instead of it where a code is shown; may be nil.
	Redeem http.HandlerFunc
	// Asked counts how often it was asked what it is.
	Asked int
	// Got is the form in which the last code was shown.
	Got url.Values

	mu    sync.Mutex
	key   *rsa.PrivateKey
	other *rsa.PrivateKey       // that it does not publish
	codes map[string]url.Values // what was asked for, by the code that was given for it
}

// keys are made once: that takes a while.
var keys = sync.OnceValue(func() (made [2]*rsa.PrivateKey) {
	for i := range made {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		made[i] = k
	}
	return made
})

// NewDouble starts one.
func NewDouble(t testing.TB, now func() time.Time) *Double {
	t.Helper()
	d := &Double{Now: now, Alg: "RS256", codes: map[string]url.Values{}, key: keys()[0], other: keys()[1]}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", d.about)
	mux.HandleFunc("GET /keys", d.keys)
	mux.HandleFunc("POST /token", d.token)
	mux.HandleFunc("GET /info", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, d.Info) })
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.Down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(d.Server.Close)
	d.Issuer = d.Server.URL
	return d
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (d *Double) about(w http.ResponseWriter, _ *http.Request) {
	d.Asked++
	doc := map[string]any{
		"issuer": d.Issuer, "authorization_endpoint": d.Issuer + "/auth", "token_endpoint": d.Issuer + "/token", "jwks_uri": d.Issuer + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "none", "HS256"}, "authorization_response_iss_parameter_supported": true,
	}
	if d.Info != nil {
		doc["userinfo_endpoint"] = d.Issuer + "/info"
	}
	maps.Copy(doc, d.Document)
	answer(w, http.StatusOK, doc)
}

func (d *Double) keys(w http.ResponseWriter, _ *http.Request) {
	pub := d.key.PublicKey
	answer(w, http.StatusOK, map[string]any{"keys": []any{map[string]string{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": enc(pub.N.Bytes()), "e": enc(big.NewInt(int64(pub.E)).Bytes()),
	}}})
}

func enc(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// SignIn takes somebody at the address of the provider and gives what the browser brings
// back.
func (d *Double) SignIn(address string) url.Values {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	code := rand.Text()
	d.codes[code] = u.Query()
	return url.Values{"code": {code}, "state": {u.Query().Get("state")}, "iss": {d.Issuer}}
}

// token gives a token for a code, once, if the verifier fits the challenge.
func (d *Double) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	d.Got = r.PostForm
	if d.Redeem != nil {
		d.Redeem(w, r)
		return
	}
	asked, ok := d.codes[r.PostForm.Get("code")]
	delete(d.codes, r.PostForm.Get("code"))
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	if !ok || asked.Get("code_challenge") != enc(sum[:]) || asked.Get("code_challenge_method") != "S256" || asked.Get("redirect_uri") != r.PostForm.Get("redirect_uri") {
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	now := d.Now()
	claims := map[string]any{
		"iss": d.Issuer, "sub": "ada", "aud": asked.Get("client_id"), "nonce": asked.Get("nonce"),
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "email": "ada@example.org", "email_verified": true, "name": "Ada",
	}
	for name, v := range d.Claims {
		claims[name] = v
		if v == nil {
			delete(claims, name)
		}
	}
	answer(w, http.StatusOK, map[string]any{"access_token": "at", "token_type": "Bearer", "expires_in": 60, "id_token": d.sign(claims)})
}

// sign makes a token, by the algorithm that the double was told to name.
func (d *Double) sign(claims map[string]any) string {
	head, _ := json.Marshal(map[string]string{"alg": d.Alg, "kid": "1", "typ": "JWT"})
	body, _ := json.Marshal(claims)
	text := enc(head) + "." + enc(body)
	if d.Alg == "none" {
		return text + "."
	}
	key := d.key
	if d.Stranger {
		key = d.other
	}
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + enc(sig)
}

// Set changes the double between two requests.
func (d *Double) Set(change func(*Double)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}
