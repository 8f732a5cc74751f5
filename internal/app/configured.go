package app

import "fairlead/internal/app/config"

// What the configuration says, under the names by which the house is built.
type (
	Config         = config.Config
	DatabaseConfig = config.Database
	KeysConfig     = config.Keys
	TLSConfig      = config.TLS
	MailConfig     = config.Mail
	CVEConfig      = config.CVE
)
