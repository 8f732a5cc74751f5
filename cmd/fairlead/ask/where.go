package ask

// Server is how a command reaches the cases: a running server by its address and a
// token, or a data folder, whose running server is asked if there is one and which is
// opened here if there is none.
type Server struct {
	URL    string `name:"url" env:"FAIRLEAD_URL" help:"Address of a running server."`
	Token  string `env:"FAIRLEAD_TOKEN" help:"API token for --url."`
	Data   string `env:"FAIRLEAD_DATA" type:"path" help:"Data folder; its running server is asked, or it is opened here."`
	Config string `type:"path" help:"Configuration of the server whose data folder is meant."`
}

// Operated is how a command reaches the machine: a data folder alone, since no token
// of a member makes an operator. An address and a token are taken only so that they can
// be refused with the reason.
type Operated struct {
	Data   string `env:"FAIRLEAD_DATA" type:"path" help:"Data folder; its running server is asked, or it is opened here."`
	Config string `type:"path" help:"Configuration of the server whose data folder is meant."`
	URL    string `name:"url" hidden:""`
	Token  string `hidden:""`
}
