package desk_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
)

func request(method, path, form string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}
