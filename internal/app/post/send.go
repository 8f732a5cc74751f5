package post

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/emersion/go-smtp"

	"fairlead/internal/cvd"
)

// handing is how long handing a message to a door of ours may take.
const handing = 20 * time.Second

// Send hands a message to a door of ours, as another server would: a test of the door.
func (d *Doors) Send(ctx context.Context, name, from, to string, message []byte) error {
	for _, one := range d.doors {
		if one.name != name {
			continue
		}
		addr := one.listener.Addr()
		conn, err := (&net.Dialer{Timeout: handing}).DialContext(ctx, addr.Network(), addr.String())
		if err != nil {
			return err
		}
		if err := conn.SetDeadline(time.Now().Add(handing)); err != nil {
			return err
		}
		client := smtp.NewClient(conn)
		if name == "lmtp" {
			client = smtp.NewClientLMTP(conn)
		}
		defer client.Close()
		if err := client.SendMail(from, []string{to}, bytes.NewReader(message)); err != nil {
			return err
		}
		return client.Quit()
	}
	return fmt.Errorf("%w: no such door is open", cvd.ErrUnavailable)
}
